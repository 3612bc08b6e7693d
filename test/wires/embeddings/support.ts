/// <reference types="vite/client" />
import type { JsonObject } from '../../../src/lib/json.ts';
import { scanMembers } from '../../../src/lib/json-members.ts';
import { wires } from '../../../src/wires/index.ts';
import type {
  Codec,
  DecodedAnswer,
  PlainKind,
  PlainRequest,
  Quirks,
  RequestBody,
  Target,
  WireId,
} from '../../../src/wires/types.ts';

const FILES = import.meta.glob<string>('../../fixtures/{embeddings,rerank,moderations}/*/*/*.json', {
  query: '?raw',
  eager: true,
  import: 'default',
});

/** A recorded request and its answer. */
export function recorded(wire: WireId, start: string): { request: JsonObject; response: string } {
  const read = (file: string): string => {
    const path = Object.keys(FILES).find(
      (one) => one.includes(`/${wire}/${start}`) && one.endsWith(`/${file}`),
    );
    if (!path) throw new Error(`There is no ${file} of ${start}`);
    return FILES[path] ?? '';
  };
  return { request: JSON.parse(read('request.json')) as JsonObject, response: read('response.json') };
}

export function codecOf(wire: WireId, kind: PlainKind): Codec {
  const codec = wires[wire][kind];
  if (!codec) throw new Error(`The wire ${wire} has no codec for ${kind}`);
  return codec;
}

export function requestOf(
  kind: PlainKind,
  body: JsonObject | string,
  extensions: string[] = [],
): PlainRequest {
  const text = typeof body === 'string' ? body : JSON.stringify({ model: 'asked', ...body });
  const bytes = new TextEncoder().encode(text);
  const parsed = JSON.parse(text) as RequestBody;
  for (const name of extensions) delete parsed[name];
  return {
    kind,
    bytes,
    members: scanMembers(bytes) ?? [],
    stream: false,
    includeUsage: false,
    body: () => parsed,
    extensions,
  };
}

export function targetOf(upstreamModel: string, quirks: Quirks = {}): Target {
  return { upstreamModel, maxOutputTokens: null, capabilities: {}, quirks };
}

/** What goes to the upstream, each body parsed. */
export function encoded(wire: WireId, request: PlainRequest, target: Target) {
  return codecOf(wire, request.kind)
    .encode(request, target)
    .map(({ path, body, dropped }) => {
      const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body);
      return { path, dropped, text, body: JSON.parse(text) as JsonObject };
    });
}

export function decoded(
  wire: WireId,
  bodies: readonly (string | object)[],
  request: PlainRequest,
  target: Target,
): DecodedAnswer {
  const texts = bodies.map((body) => (typeof body === 'string' ? body : JSON.stringify(body)));
  const meta = { id: 'gen_test', created: 1_700_000_000, model: target.upstreamModel, request };
  return codecOf(wire, request.kind).decode(texts, target, meta);
}
