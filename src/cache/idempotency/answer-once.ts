import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { type Asked, idempotencyClient } from '../../objects/idempotency/client.ts';
import type { KeyScope } from '../../objects/idempotency/types.ts';
import { fingerprintOf } from './fingerprint.ts';

const PARAM = 'Idempotency-Key';

/** What an answer has cost its caller. */
const COST = 'x-credits-used';

/** SDKs repeat what is answered with 409, unless they are told that it is of no use. */
const NEVER_AGAIN = { 'x-should-retry': 'false' };

/**
 * The answer to a request with an idempotency key: made once, given to all who repeat the request within 24 hours.
 * @param request its body is not read.
 * @throws GatewayError `idempotency_key_conflict`, `idempotency_key_spent`, `storage_unavailable`.
 */
export async function answerOnce(
  env: Env,
  scope: KeyScope,
  request: Request,
  body: Uint8Array,
): Promise<Response> {
  const { method, url, headers, cf, signal } = request;
  const fingerprint = fingerprintOf({ method, url, headers, body });
  const { kind, response } = await ask(env, scope, fingerprint, url, {
    method,
    headers,
    body,
    signal,
    ...(cf ? { cf: cf as RequestInitCfProperties } : {}),
  });
  switch (kind) {
    case 'first':
      return response;
    case 'replay':
      response.headers.set('x-idempotent-replay', 'true');
      // What the first answer cost is paid already, and who adds up the header must not count it twice.
      if (response.headers.has(COST)) response.headers.set(COST, '0');
      return response;
    case 'conflict':
      throw new GatewayError('idempotency_key_conflict', { param: PARAM, headers: NEVER_AGAIN });
    case 'spent': {
      const id = response.headers.get('x-generation-id');
      throw new GatewayError('idempotency_key_spent', {
        param: PARAM,
        headers: { ...NEVER_AGAIN, ...(id ? { 'x-generation-id': id } : {}) },
      });
    }
  }
}

/** What asked for one answer must not get two: without the object there is none. */
async function ask(
  env: Env,
  scope: KeyScope,
  fingerprint: string,
  url: string,
  init: RequestInit,
): Promise<Asked> {
  try {
    return await idempotencyClient(env, scope).ask(fingerprint, url, init);
  } catch (cause) {
    if (init.signal?.aborted) throw new GatewayError('client_closed_request', { cause });
    throw new GatewayError('storage_unavailable', { cause });
  }
}
