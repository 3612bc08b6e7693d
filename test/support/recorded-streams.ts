/// <reference types="vite/client" />
import { scanMembers } from '../../src/lib/json-members.ts';
import { type SseEvent, SseFramer } from '../../src/lib/sse.ts';
import { anthropic } from '../../src/wires/anthropic/index.ts';
import { bedrock } from '../../src/wires/bedrock/index.ts';
import { google } from '../../src/wires/google/index.ts';
import { openai } from '../../src/wires/openai/index.ts';
import type {
  Capabilities,
  ChatBody,
  ChatCodec,
  ChatRequest,
  StreamDecoder,
  Wire,
  WireId,
} from '../../src/wires/types.ts';

const FILES = import.meta.glob<string>(
  [
    '../fixtures/*/*/stream.txt',
    '../fixtures/*/*/stream.base64.txt',
    '../fixtures/responses/*/*/stream.txt',
    '!../fixtures/completions/**',
  ],
  { query: '?raw', eager: true, import: 'default' },
);

/** A wire, or the Responses API, which the openai wire speaks to models that have no other. */
export type Spoken = WireId | 'responses';

const WIRES: Partial<Record<Spoken, Wire>> = { openai, anthropic, google, bedrock, responses: openai };

export const GENERATION_ID = 'gen_test';
export const CREATED = 1_700_000_000;

/** A stream of the fixtures as the events that its framer cuts it into. */
export interface RecordedStream {
  name: string;
  wire: Spoken;
  events: SseEvent[];
}

export const RECORDED_STREAMS: readonly RecordedStream[] = Object.entries(FILES).map(([path, text]) => {
  const [, , wire = ''] = path.split('/');
  const name = path.split('/').at(-2) ?? '';
  if (!isWire(wire)) throw new Error(`There is no wire ${wire}`);
  const encoded = path.endsWith('.base64.txt');
  const bytes = encoded
    ? Uint8Array.from(atob(text.replace(/\s/g, '')), (character) => character.charCodeAt(0))
    : new TextEncoder().encode(text);
  const framer = codecOf(wire).framer?.() ?? new SseFramer();
  return { name, wire, events: [...framer.push(bytes), ...framer.end()] };
});

function isWire(name: string): name is Spoken {
  return name in WIRES;
}

export function codecOf(wire: Spoken): ChatCodec {
  const codec = WIRES[wire]?.chat;
  if (!codec) throw new Error(`The wire ${wire} has no chat codec`);
  return codec;
}

/** A streamed request with this body beside a model and a question. */
export function requestOf(body: Partial<ChatBody> = {}): ChatRequest {
  const full: ChatBody = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true, ...body };
  const bytes = new TextEncoder().encode(JSON.stringify(full));
  const members = scanMembers(bytes) ?? [];
  return {
    kind: 'chat',
    bytes,
    members,
    stream: true,
    includeUsage: false,
    body: () => full,
    extensions: [],
  };
}

/** What an endpoint is known for that is spoken to so. */
export function capabilitiesOf(wire: Spoken): Capabilities {
  return wire === 'responses' ? { api: 'responses' } : {};
}

export function decoderOf(wire: Spoken, request: ChatRequest = requestOf()): StreamDecoder {
  const target = {
    upstreamModel: wire === 'anthropic' ? 'claude-3-5-haiku-latest' : 'up-model',
    maxOutputTokens: null,
    capabilities: capabilitiesOf(wire),
    quirks: {},
  };
  return codecOf(wire).stream(target, { id: GENERATION_ID, created: CREATED, model: 'up-model', request });
}
