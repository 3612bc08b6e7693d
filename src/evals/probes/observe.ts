import type { Env } from '../../env.ts';
import { GatewayError, toGatewayError } from '../../errors.ts';
import { Cutoff } from '../../gateway/cutoff.ts';
import { withoutSecret } from '../../gateway/redact.ts';
import { readChatRequest } from '../../gateway/request.ts';
import type { Candidate } from '../../gateway/types.ts';
import { send } from '../../gateway/upstream.ts';
import { newId } from '../../lib/id.ts';
import { asObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { readText } from '../../lib/read-text.ts';
import { SseFramer } from '../../lib/sse.ts';
import { secretOf } from '../../providers/credentials.ts';
import type { Observed } from './types.ts';

/** A probe that takes longer tells nothing. */
const PATIENCE_MS = 60_000;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Sends one request to one endpoint, past limits, credits and receipts.
 * @returns the answer, and the parameters that the wire left out.
 * @throws GatewayError as an attempt of the gateway would, without the secret in it.
 */
export async function observe(
  env: Env,
  candidate: Candidate,
  body: JsonObject,
): Promise<{ answer: Observed; dropped: readonly string[] }> {
  const bytes = new TextEncoder().encode(JSON.stringify({ model: candidate.model.id, ...body }));
  const { request } = readChatRequest(bytes);
  const { codec, target, provider, wire, credential } = candidate;
  const encoded = codec.encode(request, target);
  const secret = await secretOf(credential, provider, env);
  const meta = { id: newId('generation'), created: 0, model: target.upstreamModel, request };
  const cutoff = new Cutoff();
  const timer = setTimeout(() => cutoff.cut(new GatewayError('upstream_timeout')), PATIENCE_MS);
  try {
    const response = await send(provider, secret, env, encoded, cutoff, null);
    const text = withoutSecret(await readText(response, MAX_BYTES), secret);
    if (!response.ok) throw wire.readError(response.status, response.headers, text);
    if (!request.stream) {
      const { usage, text: completion } = codec.decode(text, target, meta);
      return {
        answer: { completion: asObject(parseJson(completion)) ?? {}, usage },
        dropped: encoded.dropped,
      };
    }
    const decoder = codec.stream(target, meta);
    const framer = codec.framer?.() ?? new SseFramer();
    for (const event of [...framer.push(new TextEncoder().encode(text)), ...framer.end()]) {
      decoder.push(event.data, event.event);
    }
    return { answer: { completion: {}, usage: decoder.state.usage }, dropped: encoded.dropped };
  } catch (thrown) {
    throw cutoff.reason ?? toGatewayError(thrown);
  } finally {
    clearTimeout(timer);
  }
}
