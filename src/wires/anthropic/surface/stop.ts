import { asObject, asString, type JsonObject } from '../../../lib/json.ts';

/** What a choice says about its end, as far as it has been read. */
export interface Ending {
  finishReason: string | null;
  /** Text of a refusal: the model's own, or why the provider stopped the answer. Which of them, the end tells. */
  refusal: string;
  stopSequence: string | null;
  stopDetails: JsonObject | null;
}

export function newEnding(): Ending {
  return { finishReason: null, refusal: '', stopSequence: null, stopDetails: null };
}

/**
 * Reads the end of an answer from a choice.
 * @param said its message or delta.
 * @param sequences `stop_sequences` of the request.
 */
export function readEnding(
  ending: Ending,
  choice: JsonObject,
  said: JsonObject,
  sequences: readonly string[],
): void {
  ending.finishReason = asString(choice.finish_reason) ?? ending.finishReason;
  const own = asObject(asObject(said.provider_data)?.anthropic);
  // vLLM names the sequence beside the finish reason: https://docs.vllm.ai/en/stable/serving/openai_compatible_server/
  const matched = asString(own?.stop_sequence) ?? asString(choice.stop_reason);
  if (matched !== undefined && sequences.includes(matched)) ending.stopSequence = matched;
  ending.stopDetails = asObject(own?.stop_details) ?? ending.stopDetails;
  ending.refusal += asString(said.refusal) ?? '';
}

/** What the model itself said in refusing, which belongs to the content of the answer. */
export function refusalText({ finishReason, refusal }: Ending): string {
  return finishReason === 'content_filter' ? '' : refusal;
}

/**
 * `stop_reason` and what stands beside it
 * (https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons).
 */
export function stopOf(ending: Ending): JsonObject {
  const reason = stopReason(ending);
  const explanation = (refusalText(ending) === '' && ending.refusal) || null;
  return {
    stop_reason: reason,
    stop_sequence: reason === 'stop_sequence' ? ending.stopSequence : null,
    stop_details:
      ending.stopDetails ?? (reason === 'refusal' ? { type: 'refusal', category: null, explanation } : null),
  };
}

function stopReason({ finishReason, refusal, stopSequence }: Ending): string {
  switch (finishReason) {
    case 'tool_calls':
    case 'function_call':
      return 'tool_use';
    case 'length':
      return 'max_tokens';
    case 'content_filter':
      return 'refusal';
    default:
      if (refusal !== '') return 'refusal';
      return stopSequence === null ? 'end_turn' : 'stop_sequence';
  }
}
