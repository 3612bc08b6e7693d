import { GatewayError } from '../../errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { mapConcurrently } from '../../lib/map-concurrently.ts';
import { readText, TooLargeError } from '../../lib/read-text.ts';
import { SseFramer } from '../../lib/sse.ts';
import { isOwn } from '../../providers/credentials.ts';
import type { Conversion } from '../../telemetry/receipt.ts';
import type {
  AnswerMeta,
  ChatRequest,
  EncodedForm,
  EncodedRequest,
  PlainRequest,
  Target,
  WireRequest,
} from '../../wires/types.ts';
import { readableRequest } from '../documents/readable.ts';
import { inClientsWordsOf, paramOf } from '../formats/client-words.ts';
import { labelsOf } from '../formats/labels.ts';
import { type NativeWay, nativeWay } from '../formats/native.ts';
import { withoutSecret } from '../redact.ts';
import type { Cutoff } from '../relay/cutoff.ts';
import { openPlainStream } from '../relay/open-plain-stream.ts';
import { openStream } from '../relay/open-stream.ts';
import { outputLimitName, withOutputLimit } from '../requests/change-request.ts';
import type { Call, Candidate } from '../types.ts';
import type { Begun } from './served.ts';

/** Larger answers are refused: an isolate has 128 MB for all its requests. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** So many of the requests that one is divided into are under way at a time: a Worker has six connections. */
const AT_A_TIME = 4;

/** A request is divided into so many at most. */
const MOST_PARTS = 100;

/** The way to an upstream. */
export interface Upstream {
  /** Sends a request. @throws GatewayError for an answer that is not 2xx. */
  ask(encoded: EncodedRequest | EncodedForm): Promise<Response>;
  cutoff: Cutoff;
  /** Is never passed on. */
  secret: string | null;
}

/** A request as one candidate gets it. */
export interface Prepared {
  request: WireRequest;
  /** What the candidate cannot take. */
  dropped: readonly string[];
  conversions: readonly Conversion[];
  /** What was lowered: `max_tokens=412`. */
  adjusted: readonly string[];
  /** It is sent in its client's own words, and so is what the candidate says of it. */
  native?: boolean;
  /** @throws GatewayError of the upstream, of an answer that cannot be read, or the cutoff's reason. */
  run(upstream: Upstream): Promise<Begun>;
}

/**
 * Says a request in the words of a candidate's wire. A promise only where documents have to be read for it.
 * @throws GatewayError when it cannot be said, as a rejection where it is a promise.
 */
export function prepare(call: Call, candidate: Candidate, asked: WireRequest): Prepared | Promise<Prepared> {
  if (asked.kind !== 'chat') return preparePlain(call, candidate, asked);
  const limited = withOutputLimit(asked, candidate.maxOutputTokens);
  const limit = paramOf(asked, outputLimitName(asked));
  const adjusted = limited === asked ? [] : [`${limit}=${candidate.maxOutputTokens}`];
  const readable = limited.untranslatable ? null : readableRequest(candidate, limited);
  if (!readable) {
    const way = nativeWay(candidate, limited);
    if (way) return prepareNative(call, candidate, limited, way, adjusted);
    if (limited.untranslatable) throw limited.untranslatable;
    return prepareChat(call, candidate, limited, [], adjusted);
  }
  return readable.then(({ request, conversions }) =>
    prepareChat(call, candidate, request, conversions, adjusted),
  );
}

function prepareChat(
  call: Call,
  candidate: Candidate,
  request: ChatRequest,
  conversions: readonly Conversion[],
  adjusted: readonly string[],
): Prepared {
  const codec = candidate.wire.chat;
  if (!codec) throw new GatewayError('internal_error');
  const { api } = candidate.target.capabilities;
  const target = api === undefined ? candidate.target : ofAccount(candidate);
  const encoded = inClientsWordsOf(request, () => codec.encode(request, target));
  const meta = metaOf(call, target.upstreamModel, request);
  return {
    request,
    dropped: encoded.dropped,
    conversions,
    adjusted,
    run: async ({ ask, cutoff, secret }) => {
      const response = await ask(encoded);
      if (request.stream) {
        const framer = codec.framer?.() ?? new SseFramer();
        const stream = await openStream(response, framer, codec.stream(target, meta), cutoff);
        return { kind: 'stream', stream, meta, secret };
      }
      const body = await readBody(response, cutoff, tooLong);
      return { kind: 'whole', answer: codec.decode(withoutSecret(body, secret), target, meta) };
    },
  };
}

/** The host stores nothing, whatever it says; we may. What clients know already keeps its time. */
function responseEcho(call: Call): JsonObject {
  const { created, store = false } = labelsOf(call);
  return { store, ...(call.archive?.background ? { created_at: created } : {}) };
}

/** With whose account serves: a workspace's own is another than the operator's. Of several of one owner little is known. */
function ofAccount({ provider, credential, target }: Candidate): Target {
  return { ...target, account: isOwn(credential) ? `${provider.id}+own` : provider.id };
}

/** The request in its client's own words, for an endpoint that answers in them. */
function prepareNative(
  call: Call,
  candidate: Candidate,
  request: ChatRequest,
  { codec, request: original }: NativeWay,
  adjusted: readonly string[],
): Prepared {
  const target = ofAccount(candidate);
  const encoded = codec.encode(original, target);
  const echo = original.format === 'responses' ? responseEcho(call) : {};
  const meta = metaOf(call, target.upstreamModel, {
    ...request,
    native: { ...original, echo: { ...original.echo, ...echo } },
  });
  return {
    request,
    dropped: encoded.dropped,
    conversions: [],
    adjusted,
    native: true,
    run: async ({ ask, cutoff, secret }) => {
      const response = await ask(encoded);
      if (request.stream) {
        const native = codec.stream(target, meta);
        const stream = await openStream(response, new SseFramer(), native, cutoff);
        return { kind: 'stream', stream, meta, secret, native };
      }
      const body = await readBody(response, cutoff, tooLong);
      return { kind: 'whole', answer: codec.decode(withoutSecret(body, secret), target, meta), native: true };
    },
  };
}

/** The other kinds: one request may become several, all of which are answered, or none. */
function preparePlain(call: Call, { wire, target, endpoint }: Candidate, request: PlainRequest): Prepared {
  const codec = wire[request.kind];
  if (!codec) throw new GatewayError('internal_error');
  const streams = request.stream && (codec.streams?.(target) ?? true);
  if (streams && !codec.stream) throw cannotStream(endpoint.id);
  const parts = codec.encode(request, target);
  if (parts.length > MOST_PARTS) throw tooManyParts(parts.length, endpoint.id);
  const meta = metaOf(call, target.upstreamModel, request);
  return {
    request,
    dropped: parts[0]?.dropped ?? [],
    conversions: [],
    adjusted: [],
    run: async ({ ask, cutoff, secret }) => {
      const [only] = parts;
      if (streams && codec.stream && only) {
        const response = await ask(only);
        const stream = codec.stream(target, meta, response.headers.get('content-type'));
        return { kind: 'plain', open: await openPlainStream(response, stream, cutoff), secret };
      }
      let left = MAX_ANSWER_BYTES;
      const bodies = await mapConcurrently(parts, AT_A_TIME, async (encoded) => {
        const body = await readBody(await ask(encoded), cutoff, askedTooMuch);
        left -= body.length;
        if (left < 0) throw askedTooMuch();
        return withoutSecret(body, secret);
      });
      return { kind: 'whole', answer: codec.decode(bodies, target, meta) };
    },
  };
}

function metaOf<Request extends WireRequest>(
  { generationId, startedAt }: Call,
  model: string,
  request: Request,
): AnswerMeta<Request> {
  return { id: generationId, created: Math.floor(startedAt / 1000), model, request };
}

async function readBody(response: Response, cutoff: Cutoff, tooLarge: () => GatewayError): Promise<string> {
  try {
    return await readText(response, MAX_ANSWER_BYTES);
  } catch (cause) {
    throw cause instanceof TooLargeError ? tooLarge() : cutoff.explainRead(cause);
  }
}

function tooLong(): GatewayError {
  const message = 'The answer of the provider is larger than 32 MB.';
  return new GatewayError('upstream_invalid_response', { message });
}

function cannotStream(endpointId: string): GatewayError {
  return new GatewayError('unsupported_parameter', {
    param: 'stream',
    message: `${endpointId} gives its answers whole: leave out stream.`,
  });
}

function tooManyParts(parts: number, endpointId: string): GatewayError {
  return new GatewayError('invalid_value', {
    message: `This would take ${parts} requests to ${endpointId}, and ${MOST_PARTS} are allowed: ask for less at once.`,
  });
}

/** As large an answer as the caller asked for: another endpoint's would be no smaller. */
function askedTooMuch(): GatewayError {
  const message = 'The answer is larger than 32 MB: ask for less at once, or for a more compact format.';
  return new GatewayError('invalid_value', { message });
}
