import type { ChatRequest } from '../../wires/types.ts';
import type { Candidate } from '../types.ts';
import type { Wanted } from './wanted.ts';

/**
 * Whether an endpoint is known to hold its model to what the request wants, token by token. It takes two: the
 * wire said it in the words that bind, and the endpoint does as it is told, which a probe has seen or, where none
 * has, its provider says of itself. That it claims to know structured output is not enough: many do, and but
 * encourage.
 */
export function isConstrained(
  { wire, target, endpoint, provider }: Candidate,
  request: ChatRequest,
  dropped: readonly string[],
  wanted: Wanted,
): boolean {
  if (dropped.includes('response_format') || !wire.chat?.constrains?.(request, target)) return false;
  const seen = endpoint.probed?.[wanted.schema ? 'json_schema' : 'json_mode'];
  if (seen !== undefined) return seen === 'honoured';
  return provider.constrainsJson !== undefined && target.capabilities.structuredOutput !== false;
}
