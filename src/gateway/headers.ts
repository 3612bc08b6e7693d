import { formatUsd } from '../billing/money.ts';
import { rateHeaders } from './admission/refusal.ts';
import type { Granted } from './admit.ts';
import type { Settlement } from './settling/settle.ts';
import type { Call, Candidate, Trail } from './types.ts';

/** The headers that tell a client what served it and what it cost. */
export function answerHeaders(
  call: Call,
  trail: Trail,
  { candidate, dropped }: { candidate: Candidate; dropped: readonly string[] },
  granted: Granted,
  contentType: string,
  settlement?: Settlement,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': contentType,
    'x-request-id': call.requestId,
    'x-generation-id': call.generationId,
    'x-model-used': candidate.model.id,
    'x-provider-used': candidate.provider.id,
    ...rateHeaders(granted.rates),
  };
  if (dropped.length > 0) headers['x-dropped-params'] = dropped.join(', ');
  if (trail.adjusted.length > 0) headers['x-adjusted-params'] = trail.adjusted.join(', ');
  if (trail.fallbackFrom.length > 0) headers['x-fallback-from'] = trail.fallbackFrom.join(', ');
  if (trail.routingReason) headers['x-routing-reason'] = trail.routingReason;
  if (trail.structured) headers['x-structured-output'] = trail.structured.verdict;
  if (call.traceparent) headers.traceparent = call.traceparent;
  if (settlement)
    headers['x-credits-used'] = settlement.charged === null ? 'null' : formatUsd(settlement.charged);
  return headers;
}

/** Everything the caller sent that did not take effect. @param served who answers, once that is known. */
export function droppedParams(
  { control, surface }: Call,
  served: { dropped: readonly string[]; native?: unknown } | null,
): string[] {
  const dropped = served?.dropped ?? [];
  if (surface === null || served?.native) return [...control.unused, ...dropped];
  const named = dropped.map((name) => surface.paramOf(name));
  return [...new Set([...control.unused, ...surface.dropped, ...named])];
}
