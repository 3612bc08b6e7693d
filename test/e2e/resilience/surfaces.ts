import { asArray, asObject, isObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import { checkResponseEvents, responseEvents } from '../../support/response-events.ts';

/** A streamed answer, read strictly. */
export interface StreamedAnswer {
  text: string;
  /** `broken` is what a client takes for an error. */
  ending: 'whole' | 'broken';
  /** The object of the last event that has `credits_used`; empty where there is none. */
  last: JsonObject;
}

/** An API that chat completions are translated to, as its clients write and read it. */
export interface Surface {
  path: string;
  ask(model: string, prompt: string): JsonObject;
  /** The text of a whole answer. */
  text(body: JsonObject): string;
  /** @throws Error for a stream that breaks the rules of the API. */
  read(sse: string): StreamedAnswer;
}

export const SURFACES: readonly Surface[] = [
  {
    path: '/v1/messages',
    ask: (model, prompt) => ({ model, max_tokens: 4_000, messages: [{ role: 'user', content: prompt }] }),
    text: ({ content }) => textsOf(asArray(content)),
    read: readMessage,
  },
  {
    path: '/v1/responses',
    ask: (model, prompt) => ({ model, store: false, input: prompt }),
    text: outputText,
    read: readResponse,
  },
];

function textsOf(parts: readonly Json[]): string {
  return parts.map((part) => asObject(part)?.text ?? '').join('');
}

function outputText({ output }: JsonObject): string {
  return textsOf(asArray(output).flatMap((item) => asArray(asObject(item)?.content)));
}

function readResponse(sse: string): StreamedAnswer {
  const events = responseEvents(sse);
  const at = events.findIndex(({ type }) => type === 'error');
  const broken = at !== -1;
  if (broken && (at !== events.length - 2 || events.at(-1)?.type !== 'response.failed'))
    throw new Error('An error that is not followed by the end');
  // The rest keeps the order of any answer.
  const rest = events.filter((_, index) => index !== at);
  checkResponseEvents(
    rest.map((event, number) => (number < at || !broken ? event : { ...event, sequence_number: number })),
  );
  const last = asObject(events.at(-1)?.response) ?? {};
  const text = events
    .flatMap(({ type, delta }) => (type === 'response.output_text.delta' ? [delta] : []))
    .join('');
  if (!broken && outputText(last) !== text) throw new Error('The whole is not what was said');
  return { text, ending: broken ? 'broken' : 'whole', last };
}

/** https://platform.claude.com/docs/en/build-with-claude/streaming */
function readMessage(sse: string): StreamedAnswer {
  let text = '';
  let open: number | null = null;
  let blocks = 0;
  let last: JsonObject = {};
  const types: string[] = [];
  for (const event of sse.trimEnd().split('\n\n')) {
    const [, name, data] = /^event: (\w+)\ndata: (\{[^\n]*\})$/.exec(event) ?? [];
    const value = JSON.parse(data ?? 'null') as Json;
    if (name === undefined || !isObject(value) || value.type !== name)
      throw new Error(`Not an event: ${event}`);
    if (name === 'ping') continue;
    types.push(name);
    if (name === 'content_block_start') {
      if (open !== null || value.index !== blocks) throw new Error(`A block out of order: ${data}`);
      open = blocks++;
    } else if (name === 'content_block_delta') {
      if (value.index !== open) throw new Error(`A delta of no open block: ${data}`);
      text += String(asObject(value.delta)?.text ?? '');
    } else if (name === 'content_block_stop') {
      if (value.index !== open) throw new Error(`An end of no open block: ${data}`);
      open = null;
    } else if (name === 'message_delta') last = value;
  }
  const ending = types.at(-1);
  if (types[0] !== 'message_start' || types.lastIndexOf('message_start') !== 0)
    throw new Error('No beginning');
  if (ending === 'error') return { text, ending: 'broken', last };
  if (open !== null || types.slice(-2).join() !== 'message_delta,message_stop' || types.includes('error'))
    throw new Error(`No end: ${types.slice(-4).join()}`);
  return { text, ending: 'whole', last };
}
