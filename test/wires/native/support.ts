/// <reference types="vite/client" />
import { GatewayError } from '../../../src/errors.ts';
import { isObject, type JsonObject, parseJson } from '../../../src/lib/json.ts';
import { scanMembers } from '../../../src/lib/json-members.ts';
import { type SseEvent, SseFramer } from '../../../src/lib/sse.ts';
import { anthropic } from '../../../src/wires/anthropic/index.ts';
import { openai } from '../../../src/wires/openai/index.ts';
import type {
  AnswerMeta,
  NativeCodec,
  NativeDecoder,
  NativeFormat,
  NativeRequest,
  Quirks,
  Target,
} from '../../../src/wires/types.ts';
import { requestOf } from '../../support/recorded-streams.ts';

const FILES = import.meta.glob<string>(
  ['../../fixtures/anthropic/*/*', '../../fixtures/responses/*/*/*', '../../fixtures/completions/*/*/*'],
  {
    query: '?raw',
    eager: true,
    import: 'default',
  },
);

const FOLDERS: Record<NativeFormat, string> = {
  messages: 'anthropic',
  responses: 'responses',
  completions: 'completions',
};

/** Names of the fixtures of a format that have this file. */
export function fixtures(format: NativeFormat, file: string): string[] {
  return Object.keys(FILES)
    .filter((path) => path.includes(`/fixtures/${FOLDERS[format]}/`) && path.endsWith(`/${file}`))
    .map((path) => path.split('/').at(-2) ?? '')
    .filter((name) => !name.includes('-err'));
}

export function fixture(format: NativeFormat, name: string, file: string): string {
  const found = Object.keys(FILES).find(
    (path) => path.includes(`/${FOLDERS[format]}/`) && path.endsWith(`/${name}/${file}`),
  );
  const text = found && FILES[found];
  if (text === undefined) throw new Error(`There is no ${file} in ${name}`);
  return text;
}

const CODECS = {
  messages: anthropic.native?.messages,
  responses: openai.native?.responses,
  completions: openai.native?.completions,
};

export function codecOf(format: NativeFormat): NativeCodec {
  const codec = CODECS[format];
  if (!codec) throw new Error(`Nothing speaks ${format}`);
  return codec;
}

export const META: AnswerMeta = {
  id: 'gen_01k',
  created: 1_700_000_000,
  model: 'up-model',
  request: requestOf(),
};

/** The id of the answer as the client sees it. */
export const IDS: Record<NativeFormat, string> = {
  messages: 'gen_01k',
  responses: 'resp_01k',
  completions: 'gen_01k',
};

export function targetOf(quirks: Quirks = {}, capabilities: Target['capabilities'] = {}): Target {
  return { upstreamModel: 'up-model', maxOutputTokens: null, capabilities, quirks };
}

export function nativeRequest(
  format: NativeFormat,
  text: string,
  more: Partial<NativeRequest> = {},
): NativeRequest {
  const bytes = new TextEncoder().encode(text);
  return {
    format,
    bytes,
    members: scanMembers(bytes) ?? [],
    body: parsed(text),
    stream: false,
    extensions: [],
    betas: [],
    ...more,
  };
}

/** What goes upstream, as text. */
export function sent(
  format: NativeFormat,
  text: string,
  target: Target = targetOf(),
  more: Partial<NativeRequest> = {},
) {
  const { body, ...encoded } = codecOf(format).encode(nativeRequest(format, text, more), target);
  return { ...encoded, text: typeof body === 'string' ? body : new TextDecoder().decode(body) };
}

export function parsed(text: string): JsonObject {
  const value = parseJson(text);
  if (!isObject(value)) throw new Error(`No object: ${text.slice(0, 200)}`);
  return value;
}

export interface Replayed {
  out: string;
  decoder: NativeDecoder;
  error: GatewayError | null;
}

/** Feeds a stream to a decoder, so many bytes at a time, until it is done or throws. */
export function replay(
  format: NativeFormat,
  text: string,
  bytesAtOnce = Infinity,
  request = META.request,
): Replayed {
  const bytes = new TextEncoder().encode(text);
  const framer = new SseFramer();
  const decoder = codecOf(format).stream(targetOf({ responses: {} }), { ...META, request });
  let out = '';
  try {
    for (let at = 0; at < bytes.length; at += bytesAtOnce) {
      for (const event of framer.push(bytes.subarray(at, at + bytesAtOnce)))
        out += decoder.push(event.data, event.event);
    }
    for (const event of framer.end()) out += decoder.push(event.data, event.event);
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    return { out, decoder, error: thrown };
  }
  return { out, decoder, error: null };
}

/** The events of a stream, read by the standard's own rules. */
export function eventsOf(text: string): SseEvent[] {
  const framer = new SseFramer();
  return [...framer.push(new TextEncoder().encode(text)), ...framer.end()];
}
