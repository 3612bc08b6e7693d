import { importPKCS8, SignJWT } from 'jose';
import { GatewayError } from '../../errors.ts';
import { asNumber, asObject, asString, parseJson } from '../../lib/json.ts';
import { LruMap } from '../../lib/lru.ts';
import { readJsonSecret } from '../json-secret.ts';
import { bearer } from './bearer.ts';
import type { Authorize } from './types.ts';

/** The only host that a service account may name: whoever stores a secret must not choose who gets signed words. */
const TOKEN_HOST = 'oauth2.googleapis.com';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** The longest life that Google allows an assertion, seconds. */
const ASSERTION_S = 3600;
/** A token is not used any more when it has less than this left. */
const RESERVE_MS = 5 * 60_000;
/** A fetch that takes longer than this has failed; it may belong to a request that is gone. */
const FETCH_MS = 10_000;

interface Token {
  value: string;
  /** Unix milliseconds. */
  expiresAt: number;
}

/** Tokens of this isolate, and those on their way, by secret. */
const tokens = new LruMap<string, Token>(200);
const coming = new Map<string, { token: Promise<Token>; since: number }>();

/**
 * An access token for the service account whose JSON key is the secret, as a bearer. Synchronous while
 * there is a token with five minutes left; otherwise one is fetched, once for all that wait.
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 * @throws GatewayError as a rejection: `upstream_credentials_rejected` for a key that is unusable or
 *   refused, `upstream_unreachable` or `upstream_overloaded` when there is no token for other reasons.
 */
export const googleServiceAccount: Authorize<'google-service-account'> = (_auth, secret, request) => {
  const known = tokens.get(secret);
  const use = ({ value }: Token) => bearer({ kind: 'bearer' }, value, request);
  return known && isFresh(known) ? use(known) : freshToken(secret).then(use);
};

function isFresh(token: Token): boolean {
  return token.expiresAt - Date.now() > RESERVE_MS;
}

function freshToken(secret: string): Promise<Token> {
  const other = coming.get(secret);
  if (other && Date.now() - other.since < FETCH_MS) return waitFor(other.token, secret);
  const token = fetchToken(secret);
  coming.set(secret, { token, since: Date.now() });
  const forget = (): void => {
    if (coming.get(secret)?.token === token) coming.delete(secret);
  };
  token.then(forget, forget);
  return token;
}

/** Another request's fetch ends unseen when its client goes: then this request fetches for itself. */
function waitFor(token: Promise<Token>, secret: string): Promise<Token> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Token>((resolve, reject) => {
    timer = setTimeout(() => fetchToken(secret).then(resolve, reject), FETCH_MS);
  });
  return Promise.race([token, late]).finally(() => clearTimeout(timer));
}

async function fetchToken(secret: string): Promise<Token> {
  const { assertion, tokenUri } = await signAssertion(secret);
  let status: number;
  let text: string;
  try {
    const response = await fetch(tokenUri, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'interline' },
      body: new URLSearchParams({ grant_type: GRANT, assertion }).toString(),
      redirect: 'manual',
      signal: AbortSignal.timeout(FETCH_MS),
    });
    status = response.status;
    text = await response.text();
  } catch (cause) {
    throw new GatewayError('upstream_unreachable', { cause });
  }
  const answer = asObject(parseJson(text));
  const value = asString(answer?.access_token);
  const seconds = asNumber(answer?.expires_in);
  if (status === 200 && value && seconds !== undefined) {
    const token = { value, expiresAt: Date.now() + seconds * 1000 };
    tokens.set(secret, token);
    return token;
  }
  const code = status === 429 || status >= 500 ? 'upstream_overloaded' : 'upstream_credentials_rejected';
  const type = asString(answer?.error);
  throw new GatewayError(code, { upstream: { status, ...(type === undefined ? {} : { type }) } });
}

async function signAssertion(secret: string): Promise<{ assertion: string; tokenUri: string }> {
  const account = readJsonSecret(secret);
  const email = asString(account?.client_email);
  const key = asString(account?.private_key);
  const keyId = asString(account?.private_key_id);
  const tokenUri = asString(account?.token_uri) ?? `https://${TOKEN_HOST}/token`;
  if (!email || !key) throw unusable('It is not the JSON key of a service account');
  if (!URL.canParse(tokenUri) || new URL(tokenUri).origin !== `https://${TOKEN_HOST}`) {
    throw unusable(`Its token_uri is not at ${TOKEN_HOST}`);
  }
  try {
    const assertion = await new SignJWT({ scope: SCOPE })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(keyId ? { kid: keyId } : {}) })
      .setIssuer(email)
      .setAudience(tokenUri)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + ASSERTION_S)
      .sign(await importPKCS8(key, 'RS256'));
    return { assertion, tokenUri };
  } catch {
    // What a key library says of a key is not kept.
    throw unusable('Its private_key cannot be used');
  }
}

function unusable(why: string): GatewayError {
  return new GatewayError('upstream_credentials_rejected', {
    cause: new Error(`The secret is unusable. ${why}.`),
  });
}
