import { nanoToUsd } from '../../billing/money.ts';
import type { GatewayError } from '../../errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Settlement } from '../settling/settle.ts';

const DONE = 'data: [DONE]\n\n';

/** What the last chunk of a stream is labelled with. */
export interface StreamLabels {
  id: string;
  model: string;
  /** Unix seconds. */
  created: number;
  requestId: string;
  includeUsage: boolean;
}

/**
 * The end of a whole stream: the chunk with usage and cost, then `[DONE]`. A client that asked for
 * usage gets it as OpenAI sends it, with no choices; any other gets one choice with an empty delta, so
 * that code which reads `choices[0].delta` of every chunk goes on working.
 */
export function endOfAnswer(labels: StreamLabels, usage: JsonObject | null, settlement: Settlement): string {
  return `data: ${JSON.stringify(lastChunk(labels, usage, settlement))}\n\n${DONE}`;
}

/** The chunk with usage and cost. */
export function lastChunk(
  labels: StreamLabels,
  usage: JsonObject | null,
  settlement: Settlement,
): JsonObject {
  const { receipt } = settlement;
  return {
    id: labels.id,
    object: 'chat.completion.chunk',
    created: labels.created,
    model: labels.model,
    choices: labels.includeUsage ? [] : [{ index: 0, delta: {}, finish_reason: null }],
    usage,
    credits_used: settlement.charged === null ? null : nanoToUsd(settlement.charged),
    ...(receipt.credits_unknown ? { credits_unknown: receipt.credits_unknown } : {}),
    model_used: receipt.model_used,
    provider_used: receipt.provider_used,
    fallback_from: receipt.fallback_from,
    ...(receipt.structured_output ? { structured_output: receipt.structured_output.verdict } : {}),
  };
}

/** The end of a stream that broke: one chunk with the error, then `[DONE]`. */
export function endOfFailure(labels: StreamLabels, error: GatewayError): string {
  const chunk = {
    id: labels.id,
    object: 'chat.completion.chunk',
    created: labels.created,
    model: labels.model,
    choices: [{ index: 0, delta: {}, finish_reason: 'error' }],
    ...error.envelope(labels.requestId),
  };
  return `data: ${JSON.stringify(chunk)}\n\n${DONE}`;
}
