import type { Env } from '../env.ts';
import { authorize } from '../providers/auth/index.ts';
import { demoFetch } from '../providers/demo/index.ts';
import type { Provider } from '../providers/types.ts';
import { fillIn } from '../providers/variables.ts';
import type { EncodedForm, EncodedRequest } from '../wires/types.ts';
import type { Cutoff } from './relay/cutoff.ts';

/**
 * Sends one encoded request to a provider. The host comes from the provider alone; redirects are not
 * followed, since they would carry the secret elsewhere.
 * @throws GatewayError `upstream_unreachable`, `upstream_credentials_rejected` when the request cannot be
 *   authorized or a part of the URL is not configured, or the cutoff's reason.
 */
export async function send(
  provider: Provider,
  secret: string | null,
  env: Env,
  encoded: EncodedRequest | EncodedForm,
  cutoff: Cutoff,
  traceparent: string | null,
): Promise<Response> {
  const headers: Record<string, string> = {
    'content-type': encoded.contentType ?? 'application/json',
    'user-agent': 'interline',
    ...provider.headers,
  };
  for (const [name, value] of Object.entries(encoded.headers ?? {})) {
    // Flags that both the provider's entry and the request ask for travel together, as a list.
    headers[name] = name in headers ? `${headers[name]},${value}` : value;
  }
  if (traceparent) headers.traceparent = traceparent;
  const plain = { url: fillIn(provider.baseUrl + encoded.path, env, secret), headers, body: encoded.body };
  const authorized = authorize(provider.auth, secret, plain);
  const request = authorized instanceof Promise ? await authorized : authorized;
  if (cutoff.reason) throw cutoff.reason;
  const init: RequestInit = {
    method: 'POST',
    headers: request.headers,
    body: bodyOf(request.body),
    redirect: 'manual',
    signal: cutoff.signal,
  };
  try {
    return await (provider.transport === 'internal'
      ? demoFetch(new Request(request.url, init))
      : fetch(request.url, init));
  } catch (cause) {
    throw cutoff.explain(cause);
  }
}

/** Pieces as a stream of known length, which holds no second copy of them. */
function bodyOf(body: (EncodedRequest | EncodedForm)['body']): Uint8Array | string | ReadableStream {
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  const { readable, writable } = new FixedLengthStream(
    body.reduce((sum, piece) => sum + piece.byteLength, 0),
  );
  // A provider may answer, or go, before it has read everything: the fetch tells of it.
  pump(body, writable).catch(() => {});
  return readable;
}

async function pump(pieces: readonly Uint8Array[], writable: WritableStream<Uint8Array>): Promise<void> {
  const writer = writable.getWriter();
  for (const piece of pieces) await writer.write(piece);
  await writer.close();
}
