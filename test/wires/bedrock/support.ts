/// <reference types="vite/client" />
import { GatewayError } from '../../../src/errors.ts';
import { asObject, type JsonObject } from '../../../src/lib/json.ts';
import { bedrock } from '../../../src/wires/bedrock/index.ts';
import type {
  AnswerMeta,
  Capabilities,
  ChatCodec,
  Quirks,
  StreamFramer,
  StreamState,
  Target,
} from '../../../src/wires/types.ts';
import { requestOf } from '../openai/support.ts';

const FILES = import.meta.glob<string>('../../fixtures/bedrock/*/*', {
  query: '?raw',
  eager: true,
  import: 'default',
});

export function fixture(name: string, file: string): string {
  const text = FILES[`../../fixtures/bedrock/${name}/${file}`];
  if (text === undefined) throw new Error(`There is no ${file} in ${name}`);
  return text;
}

export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64.replace(/\s/g, '')), (character) => character.charCodeAt(0));
}

export const codec: ChatCodec = bedrock.chat ?? missing();

function missing(): never {
  throw new Error('The wire has no chat codec');
}

export function newFramer(): StreamFramer {
  return codec.framer?.() ?? missing();
}

export function target(capabilities: Capabilities = {}, quirks: Quirks = {}): Target {
  return { upstreamModel: 'us.amazon.nova-micro-v1:0', maxOutputTokens: null, capabilities, quirks };
}

export function meta(): AnswerMeta {
  return {
    id: 'gen_1',
    created: 1_700_000_000,
    model: 'nova',
    request: requestOf('{"model":"m","messages":[]}'),
  };
}

/** A request, encoded: its path, its body and what was dropped. */
export function encode(
  body: object,
  { stream = false, to = target() }: { stream?: boolean; to?: Target } = {},
): { path: string; body: JsonObject; dropped: readonly string[] } {
  const request = requestOf(JSON.stringify({ model: 'm', ...body }), { stream });
  const encoded = codec.encode(request, to);
  return {
    path: encoded.path,
    body: asObject(JSON.parse(String(encoded.body))) ?? {},
    dropped: encoded.dropped,
  };
}

export function thrownBy(act: () => unknown): GatewayError {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
    throw thrown;
  }
  throw new Error('Nothing was thrown');
}

/** One message of an event stream, written as the documentation says. */
export function message(headers: Record<string, string>, payload: string): Uint8Array {
  const encoder = new TextEncoder();
  const head = Object.entries(headers).flatMap(([name, value]) => {
    const [n, v] = [encoder.encode(name), encoder.encode(value)];
    return [n.length, ...n, 7, v.length >> 8, v.length & 255, ...v];
  });
  const body = encoder.encode(payload);
  const prelude = [...uint32(16 + head.length + body.length), ...uint32(head.length)];
  const start = [...prelude, ...uint32(bitwiseCrc(prelude)), ...head, ...body];
  return Uint8Array.from([...start, ...uint32(bitwiseCrc(start))]);
}

/** An event of ConverseStream. */
export function event(type: string, payload: object): Uint8Array {
  return message(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify(payload),
  );
}

function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function bitwiseCrc(bytes: readonly number[]): number {
  let rest = ~0;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (0xedb88320 & -(rest & 1));
  }
  return ~rest >>> 0;
}

/** What a client puts together from a stream that comes in these pieces. */
export function replay(
  pieces: readonly Uint8Array[],
  to = target(),
): {
  content: string;
  reasoning: string;
  details: JsonObject[];
  calls: { id: string; name: string; arguments: string }[];
  finish: string[];
  state: StreamState;
  error: GatewayError | null;
} {
  const framer = newFramer();
  const decoder = codec.stream(to, meta());
  let out = '';
  let error: GatewayError | null = null;
  try {
    for (const piece of pieces)
      for (const { data, event: name } of framer.push(piece)) out += decoder.push(data, name);
    for (const { data, event: name } of framer.end()) out += decoder.push(data, name);
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    error = thrown;
  }
  const heard = {
    content: '',
    reasoning: '',
    details: [] as JsonObject[],
    calls: [] as { id: string; name: string; arguments: string }[],
    finish: [] as string[],
  };
  for (const line of out.split('\n\n').filter((text) => text !== '')) {
    const chunk = JSON.parse(line.replace(/^data: /, ''));
    if (chunk.id !== 'gen_1' || chunk.object !== 'chat.completion.chunk') throw new Error(line);
    const [{ delta, finish_reason: finish }] = chunk.choices;
    heard.content += delta.content ?? '';
    heard.reasoning += delta.reasoning ?? '';
    heard.details.push(...(delta.reasoning_details ?? []));
    for (const call of delta.tool_calls ?? []) {
      heard.calls[call.index] ??= { id: call.id, name: call.function.name, arguments: '' };
      const known = heard.calls[call.index];
      if (known) known.arguments += call.function.arguments;
    }
    if (finish !== null) heard.finish.push(finish);
  }
  return { ...heard, state: decoder.state, error };
}
