import { GatewayError } from '../../../../src/errors.ts';
import { asArray, asObject, isObject, type JsonObject, parseJson } from '../../../../src/lib/json.ts';
import { completions } from '../../../../src/wires/openai/completions/index.ts';
import type { SurfaceLabels } from '../../../../src/wires/surfaces.ts';

export const LABELS: SurfaceLabels = { id: 'gen_01k', created: 1_700_000_000, model: 'asked/model' };

export const REQUEST: JsonObject = { model: 'asked/model', prompt: 'Once upon' };

export const USAGE: JsonObject = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };

/** The chat completion that a request with this beside model and prompt amounts to, and what was left out. */
export function read(body: JsonObject): { chat: JsonObject; dropped: readonly string[] } {
  const { chat, dropped } = completions.read({ ...REQUEST, ...body });
  return { chat, dropped };
}

/** The code and parameter of the error that a request gets. */
export function refusal(body: JsonObject): [code: string, param: string | null] {
  try {
    completions.read(body);
  } catch (thrown) {
    if (thrown instanceof GatewayError) return [thrown.code, thrown.param];
    throw thrown;
  }
  throw new Error('It was not refused');
}

/** One choice of a whole answer. */
export function choice(
  message: JsonObject,
  finish: string | null = 'stop',
  more: JsonObject = {},
): JsonObject {
  return {
    index: 0,
    message: { role: 'assistant', ...message },
    finish_reason: finish,
    logprobs: null,
    ...more,
  };
}

/** The completion that these choices become. */
export function whole(choices: readonly JsonObject[], request: JsonObject = {}): JsonObject {
  const completion = {
    id: LABELS.id,
    object: 'chat.completion',
    created: 1_600_000_000,
    model: 'served/model',
    choices: [...choices],
    usage: USAGE,
  };
  return completions.read({ ...REQUEST, ...request }).whole(completion, LABELS);
}

/** A chunk of the gateway. */
export function chunk(delta: JsonObject, finish: string | null = null, more: JsonObject = {}): JsonObject {
  return {
    id: LABELS.id,
    object: 'chat.completion.chunk',
    created: 1_600_000_000,
    model: 'served/model',
    choices: [{ index: 0, delta, finish_reason: finish, ...more }],
  };
}

/** The last chunk, as the gateway writes it for those who do not ask for usage. */
export const LAST: JsonObject = {
  ...chunk({}),
  usage: USAGE,
  credits_used: 0.002,
  model_used: 'maker/model',
  provider_used: 'host',
  fallback_from: [],
};

/** What a stream of these chunks says, with the usual end. */
export function streamed(chunks: readonly JsonObject[], request: JsonObject = {}): JsonObject[] {
  const stream = completions.read({ ...REQUEST, ...request }).stream(LABELS);
  return chunksOf(chunks.map((one) => stream.push(one)).join('') + stream.end(LAST));
}

/** Reads chunks as strictly as they are written: one line of data each, and `[DONE]` behind the last. */
export function chunksOf(sse: string): JsonObject[] {
  const events = sse.split('\n\n');
  if (events.pop() !== '' || events.pop() !== 'data: [DONE]') throw new Error('The end is missing');
  return events.map((event) => {
    const [, data] = /^data: (\{[^\n]*\})$/.exec(event) ?? [];
    const value = parseJson(data ?? '');
    if (!isObject(value)) throw new Error(`Not a chunk: ${event}`);
    return value;
  });
}

/** The choices of a completion or chunk. */
export function choicesOf(answer: JsonObject | undefined): JsonObject[] {
  return asArray(answer?.choices).flatMap((one) => asObject(one) ?? []);
}
