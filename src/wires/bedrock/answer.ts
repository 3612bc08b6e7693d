import { GatewayError } from '../../errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { REASONING_FORMAT as CLAUDE_FORMAT } from '../anthropic/reasoning.ts';
import { modelTraits } from '../claude/models.ts';
import type { FinishReason } from '../types.ts';

/** Names the origin of a reasoning detail, so that signatures return to their maker only. */
export const REASONING_FORMAT = 'bedrock-converse-v1';

/**
 * OpenAI's finish reason for a `stopReason`
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).
 * @throws GatewayError `upstream_error` for an answer that was given up.
 */
export function mapStopReason(reason: string, body: string): FinishReason {
  switch (reason) {
    case 'tool_use':
      return 'tool_calls';
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'guardrail_intervened':
    case 'content_filtered':
      return 'content_filter';
    case 'malformed_model_output':
    case 'malformed_tool_use':
      throw new GatewayError('upstream_error', {
        message: `The provider stopped before the answer was complete (${reason}).`,
        upstream: { status: 200, type: reason, body: body.slice(0, 1024) },
      });
    default:
      // end_turn, stop_sequence, and what may come: the raw reason tells them apart.
      return 'stop';
  }
}

/**
 * What the reasoning of a model is told by. Claude's signatures are good on all platforms that serve Claude
 * (https://platform.claude.com/docs/en/build-with-claude/thinking#thinking-encryption).
 */
export function reasoningFormat(model: string): string {
  return modelTraits(model).claude ? CLAUDE_FORMAT : REASONING_FORMAT;
}

/** Reasoning in OpenRouter's shape; `index` is the number of the block within the message. */
export function reasoningDetail(
  index: number,
  text: string,
  signature: string | null,
  format: string,
): JsonObject {
  const detail: JsonObject = { type: 'reasoning.text', text };
  if (signature !== null) detail.signature = signature;
  return { ...detail, format, index };
}

/** Reasoning that the provider keeps encrypted. */
export function redactedDetail(index: number, data: string): JsonObject {
  return { type: 'reasoning.encrypted', data, format: REASONING_FORMAT, index };
}
