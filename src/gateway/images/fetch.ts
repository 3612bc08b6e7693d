import { GatewayError } from '../../errors.ts';
import { readBytes } from '../../lib/read-bytes.ts';
import { isLoopback, isPublicHost } from '../../providers/hosts.ts';

/** Larger pictures are not fetched: an isolate has 128 MB for all its requests. */
const MAX_BYTES = 20 * 1024 * 1024;

const PATIENCE_MS = 30_000;
const MOST_REDIRECTS = 3;

/**
 * A picture that a provider keeps under an address of its own. Its answers say the address, so it is no more trusted
 * than they are: https and public hosts alone, at every redirect, and nothing is sent along.
 * @param local this machine's own hosts are allowed, also with http.
 * @throws GatewayError `upstream_invalid_response`, or `client_closed_request`.
 */
export async function fetchImage(address: string, local: boolean, signal: AbortSignal): Promise<Uint8Array> {
  let url = address;
  try {
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const target = checked(url, local);
      const response = await fetch(target, {
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
      });
      const location = response.headers.get('location');
      if (response.status >= 300 && response.status < 400 && location !== null) {
        await response.body?.cancel();
        url = new URL(location, target).href;
        continue;
      }
      if (response.ok) return await readBytes(response, MAX_BYTES);
      await response.body?.cancel();
      throw unfetchable(`its address answered ${response.status}`);
    }
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    if (signal.aborted) throw new GatewayError('client_closed_request', { cause });
    throw unfetchable('its address cannot be read', cause);
  }
  throw unfetchable('its address leads on and on');
}

function checked(address: string, local: boolean): URL {
  if (!URL.canParse(address)) throw unfetchable('its address is none');
  const url = new URL(address);
  const here = local && isLoopback(url.hostname);
  const plain = url.username === '' && url.password === '';
  if (plain && here && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  if (!plain || url.protocol !== 'https:' || !isPublicHost(url.hostname)) {
    throw unfetchable('its address is not a public one with https');
  }
  return url;
}

function unfetchable(why: string, cause?: unknown): GatewayError {
  return new GatewayError('upstream_invalid_response', {
    message: `The picture of the provider could not be fetched: ${why}.`,
    cause,
  });
}
