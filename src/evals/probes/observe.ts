import type { Env } from '../../env.ts';
import { GatewayError, toGatewayError } from '../../errors.ts';
import { errorWithoutSecret, withoutSecret } from '../../gateway/redact.ts';
import { Cutoff } from '../../gateway/relay/cutoff.ts';
import { readChatRequest } from '../../gateway/requests/request.ts';
import type { Candidate } from '../../gateway/types.ts';
import { send } from '../../gateway/upstream.ts';
import { newId } from '../../lib/id.ts';
import { asObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { readText, TooLargeError } from '../../lib/read-text.ts';
import { type SseEvent, SseFramer } from '../../lib/sse.ts';
import { secretOf } from '../../providers/credentials.ts';
import type { StreamDecoder, StreamFramer } from '../../wires/types.ts';
import type { Observed } from './types.ts';

/** A probe that takes longer tells nothing. */
const PATIENCE_MS = 60_000;
const MAX_BYTES = 4 * 1024 * 1024;

export interface Observation {
  answer: Observed;
  /** The parameters that the wire left out. */
  dropped: readonly string[];
  /** Whether the answer came to its end. */
  isWhole: boolean;
  /** Of a stream: from the request to its first byte, milliseconds. */
  firstByteMs: number | null;
}

/**
 * Sends one request to one endpoint, past limits, credits and receipts.
 * @throws GatewayError as an attempt of the gateway would, without the secret in it.
 */
export async function observe(env: Env, candidate: Candidate, body: JsonObject): Promise<Observation> {
  const bytes = new TextEncoder().encode(JSON.stringify({ model: candidate.model.id, ...body }));
  const { request } = readChatRequest(bytes);
  const { target, provider, wire, credential } = candidate;
  const codec = wire.chat;
  if (!codec) throw new GatewayError('internal_error');
  const encoded = codec.encode(request, target);
  const secret = await secretOf(credential, provider, env);
  const meta = { id: newId('generation'), created: 0, model: target.upstreamModel, request };
  const cutoff = new Cutoff();
  const timer = setTimeout(() => cutoff.cut(new GatewayError('upstream_timeout')), PATIENCE_MS);
  const startedAt = Date.now();
  try {
    const response = await send(provider, secret, env, encoded, cutoff, null);
    if (!response.ok || !request.stream) {
      const text = withoutSecret(await readText(response, MAX_BYTES), secret);
      if (!response.ok) throw wire.readError(response.status, response.headers, text);
      const { usage, text: completion } = codec.decode(text, target, meta);
      return {
        answer: { completion: asObject(parseJson(completion)) ?? {}, usage },
        dropped: encoded.dropped,
        isWhole: true,
        firstByteMs: null,
      };
    }
    const decoder = codec.stream(target, meta);
    const framer = codec.framer?.() ?? new SseFramer();
    const firstByteAt = await readStream(response, framer, decoder);
    const { usage, finished: isWhole } = decoder.state;
    const firstByteMs = firstByteAt && firstByteAt - startedAt;
    return { answer: { completion: {}, usage }, dropped: encoded.dropped, isWhole, firstByteMs };
  } catch (thrown) {
    throw cutoff.reason ?? errorWithoutSecret(toGatewayError(thrown), secret);
  } finally {
    clearTimeout(timer);
  }
}

/** Reads a stream to its end. Answers when its first byte came, Unix milliseconds; null when none did. */
async function readStream(
  response: Response,
  framer: StreamFramer,
  decoder: StreamDecoder,
): Promise<number | null> {
  let firstByteAt: number | null = null;
  let size = 0;
  const take = (events: SseEvent[]): void => {
    for (const { data, event } of events) decoder.push(data, event);
  };
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    firstByteAt ??= Date.now();
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new TooLargeError(`The stream is larger than ${MAX_BYTES} bytes`);
    take(framer.push(chunk));
  }
  take(framer.end());
  return firstByteAt;
}
