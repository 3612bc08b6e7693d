import { asArray, asObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { ChatRequest, StreamState } from '../../wires/types.ts';

/** Why no other model can go on with a stream: a closed list, as receipts name it. */
export const UNSAFE_REASONS = [
  'tool_call_sent',
  'no_text_sent',
  'response_format',
  'several_choices',
  'forced_tool',
  'functions',
  'logprobs',
  'modalities',
  'native_only',
] as const;
export type UnsafeReason = (typeof UNSAFE_REASONS)[number];

/** `afresh`: the client has nothing, so the request is asked again as it is; `continue`: it has a text to go on from. */
export type Continuable = { how: 'afresh' | 'continue' } | { unsafe: UnsafeReason };

/**
 * Whether another candidate can take over a stream that broke, given what the client has of it. Not for one
 * that is finished: nothing is missing there.
 */
export function continuable(
  request: ChatRequest,
  sent: Pick<StreamState, 'content' | 'toolCalls' | 'otherOutput'>,
): Continuable {
  if (request.untranslatable) return { unsafe: 'native_only' };
  if (sent.toolCalls) return { unsafe: 'tool_call_sent' };
  if (sent.content === '') return sent.otherOutput ? { unsafe: 'no_text_sent' } : { how: 'afresh' };
  const unsafe = whatForbids(request.body());
  return unsafe ? { unsafe } : { how: 'continue' };
}

/** Two models' halves of these make no whole. */
function whatForbids(body: JsonObject): UnsafeReason | null {
  const format = asObject(body.response_format);
  if (format && format.type !== 'text') return 'response_format';
  if (typeof body.n === 'number' && body.n > 1) return 'several_choices';
  if (asArray(body.functions).length > 0) return 'functions';
  if (isForced(body.tool_choice)) return 'forced_tool';
  if (body.logprobs === true || isNumberAboveZero(body.top_logprobs)) return 'logprobs';
  if (body.audio || asArray(body.modalities).some((modality) => modality !== 'text')) return 'modalities';
  return null;
}

function isForced(choice: Json | undefined): boolean {
  if (typeof choice === 'string') return choice !== 'auto' && choice !== 'none';
  return choice !== undefined && choice !== null;
}

function isNumberAboveZero(value: Json | undefined): boolean {
  return typeof value === 'number' && value > 0;
}
