import { configOf, type Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { LruMap } from '../lib/lru.ts';
import { FRESH_MS, keyMemory } from './key-memory.ts';
import { hashSecret, isWellFormed, sameHash } from './key-secret.ts';
import type { KeyState } from './key-state.ts';
import { readCopy, readStored, writeCopies } from './key-store.ts';
import type { Principal } from './types.ts';

type WaitUntil = (promise: Promise<unknown>) => void;

/**
 * Who is calling, told from the `Authorization` header. A key this isolate has seen within a minute is
 * answered at once, without a promise; else KV is asked, then D1. What KV says admits this request only
 * while D1 confirms it in the background, so a copy that is out of date corrects itself.
 * @throws GatewayError `missing_api_key`, `invalid_api_key`; `auth_unavailable` when storage fails.
 *   Thrown at once or by the promise.
 */
export function authenticate(
  authorization: string | null,
  env: Env,
  waitUntil: WaitUntil,
): Principal | Promise<Principal> {
  const { secret, hash } = credentialOf(authorization);
  if (isOperator(hash, env)) return { kind: 'operator' };
  if (!isWellFormed(secret)) throw new GatewayError('invalid_api_key');
  return authenticateHash(hash, env, waitUntil);
}

/**
 * The same for a key whose secret is not at hand: for what the gateway itself does as a key.
 * @param hash of the secret.
 * @throws GatewayError `invalid_api_key`; `auth_unavailable`. Thrown at once or by the promise.
 */
export function authenticateHash(
  hash: string,
  env: Env,
  waitUntil: WaitUntil,
): Principal | Promise<Principal> {
  const now = Date.now();
  const recalled = keyMemory.recall(hash, now);
  if (recalled) {
    if (recalled.mustAsk) waitUntil(confirm(recalled.state, env));
    return admit(recalled.state, now);
  }
  if (keyMemory.isUnknown(hash, now)) throw new GatewayError('invalid_api_key');
  return lookUp(hash, env, waitUntil);
}

/** Credentials seen lately, by their header: hashing one costs more than finding it. */
const seen = new LruMap<string, { secret: string; hash: string }>(1000);

function credentialOf(authorization: string | null): { secret: string; hash: string } {
  const known = authorization === null ? undefined : seen.get(authorization);
  if (known) return known;
  const secret = bearerOf(authorization);
  const credential = { secret, hash: hashSecret(secret) };
  // Only what can be a key is kept: nobody fills memory with headers of any length.
  if (authorization !== null && authorization.length < 200 && isWellFormed(secret))
    seen.set(authorization, credential);
  return credential;
}

/** The credential of a Bearer header: https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
function bearerOf(authorization: string | null): string {
  const secret = /^\s*bearer\s+(.*?)\s*$/is.exec(authorization ?? '')?.[1];
  if (!secret) throw new GatewayError('missing_api_key');
  return secret;
}

function admit(known: KeyState, now: number): Principal {
  if (known.state !== 'active') throw new GatewayError('invalid_api_key');
  if (known.expiresAt !== null && now >= known.expiresAt) {
    throw new GatewayError('invalid_api_key', { message: 'The API key has expired.' });
  }
  return { kind: 'key', expiresAt: known.expiresAt, ...known.grant };
}

async function lookUp(hash: string, env: Env, waitUntil: WaitUntil): Promise<Principal> {
  const copy = await readCopy(env, hash);
  if (copy) {
    const now = Date.now();
    // Old from the start: it has not been confirmed.
    keyMemory.remember(copy, now - FRESH_MS);
    const recalled = keyMemory.recall(hash, now);
    if (recalled?.mustAsk) waitUntil(confirm(copy, env));
    return admit(recalled?.state ?? copy, now);
  }
  const asked = Date.now();
  let stored: KeyState | null;
  try {
    stored = await readStored(env, hash, asked);
  } catch (cause) {
    throw new GatewayError('auth_unavailable', { cause });
  }
  if (!stored) {
    keyMemory.rememberUnknown(hash, Date.now());
    throw new GatewayError('invalid_api_key');
  }
  keyMemory.remember(stored, asked);
  waitUntil(writeCopies(env, [stored]).catch(() => {}));
  return admit(stored, Date.now());
}

/** Asks D1 about a key that is in use. While D1 fails, what is remembered serves until it is too old. */
async function confirm(known: KeyState, env: Env): Promise<void> {
  const asked = Date.now();
  try {
    // What D1 no longer has was rotated away.
    const stored = (await readStored(env, known.hash, asked)) ?? {
      state: 'revoked' as const,
      hash: known.hash,
    };
    keyMemory.remember(stored, asked);
    if (JSON.stringify(stored) !== JSON.stringify(known)) await writeCopies(env, [stored]);
  } catch {
    // The next request asks again.
  }
}

let operator: { key: string; hash: string } | null = null;

function isOperator(hash: string, env: Env): boolean {
  const { adminKey } = configOf(env);
  if (adminKey === null) return false;
  if (operator?.key !== adminKey) operator = { key: adminKey, hash: hashSecret(adminKey) };
  return sameHash(operator.hash, hash);
}
