import { exportPKCS8, generateKeyPair, jwtVerify } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { authorize } from '../../../src/providers/auth/index.ts';
import type { Outgoing } from '../../../src/providers/auth/types.ts';

const REQUEST: Outgoing = { url: 'https://aiplatform.googleapis.com/v1/x', headers: { a: 'b' }, body: '{}' };
const AUTH = { kind: 'google-service-account' } as const;

let keys: CryptoKeyPair;
let privateKey: string;
let accounts = 0;
let calls: { url: string; form: URLSearchParams }[] = [];
let answer: () => Response | Promise<Response>;

beforeAll(async () => {
  keys = (await generateKeyPair('RS256', { extractable: true })) as CryptoKeyPair;
  privateKey = await exportPKCS8(keys.privateKey);
});

beforeEach(() => {
  calls = [];
  answer = () =>
    Response.json({ access_token: `token-${calls.length}`, expires_in: 3599, token_type: 'Bearer' });
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    calls.push({ url: String(url), form: new URLSearchParams(String(init?.body)) });
    return answer();
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Another account each time: tokens are kept by secret. */
function account(over: Record<string, unknown> = {}): string {
  accounts++;
  return JSON.stringify({
    type: 'service_account',
    project_id: 'acme',
    private_key_id: 'kid-1',
    private_key: privateKey,
    client_email: `gateway-${accounts}@acme.iam.gserviceaccount.com`,
    token_uri: 'https://oauth2.googleapis.com/token',
    ...over,
  });
}

async function refusal(secret: string): Promise<{ code: string; upstream: unknown }> {
  try {
    await authorize(AUTH, secret, REQUEST);
  } catch (thrown) {
    if (thrown instanceof GatewayError) return { code: thrown.code, upstream: thrown.upstream };
    throw thrown;
  }
  throw new Error('Nothing was thrown');
}

describe('a service account', () => {
  it('signs an assertion that Google can check, and gets a token for it', async () => {
    const secret = account();
    const before = Math.floor(Date.now() / 1000);
    expect(await authorize(AUTH, secret, REQUEST)).toEqual({
      ...REQUEST,
      headers: { a: 'b', authorization: 'Bearer token-1' },
    });
    expect(calls.map(({ url }) => url)).toEqual(['https://oauth2.googleapis.com/token']);
    expect(calls[0]?.form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const { payload, protectedHeader } = await jwtVerify(
      calls[0]?.form.get('assertion') ?? '',
      keys.publicKey,
    );
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'kid-1' });
    expect(payload).toEqual({
      iss: JSON.parse(secret).client_email,
      aud: 'https://oauth2.googleapis.com/token',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      iat: expect.any(Number),
      exp: expect.any(Number),
    });
    expect(payload.iat).toBeGreaterThanOrEqual(before);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(3600);
  });

  it('may be given in base64', async () => {
    await authorize(AUTH, btoa(account()), REQUEST);
    expect(calls).toHaveLength(1);
  });

  it('uses a token without a promise until five minutes before its end', async () => {
    const secret = account();
    await authorize(AUTH, secret, REQUEST);
    const start = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: start + (3599 - 301) * 1000 });
    expect(authorize(AUTH, secret, REQUEST)).toMatchObject({ headers: { authorization: 'Bearer token-1' } });
    vi.setSystemTime(start + (3599 - 299) * 1000);
    expect(await authorize(AUTH, secret, REQUEST)).toMatchObject({
      headers: { authorization: 'Bearer token-2' },
    });
    expect(calls).toHaveLength(2);
  });

  it('fetches once for all that wait, and again after a failure', async () => {
    const secret = account();
    answer = () => new Response('{"error":"internal_failure"}', { status: 503 });
    const refused = await Promise.all([refusal(secret), refusal(secret)]);
    expect(refused.map(({ code }) => code)).toEqual(['upstream_overloaded', 'upstream_overloaded']);
    expect(calls).toHaveLength(1);
    answer = () => Response.json({ access_token: 'late', expires_in: 3599 });
    expect(await authorize(AUTH, secret, REQUEST)).toMatchObject({
      headers: { authorization: 'Bearer late' },
    });
  });

  it('keeps the tokens of accounts apart', async () => {
    const [one, other] = [account(), account()];
    await authorize(AUTH, one, REQUEST);
    expect(await authorize(AUTH, other, REQUEST)).toMatchObject({
      headers: { authorization: 'Bearer token-2' },
    });
  });

  it.each([
    'https://evil.example/token',
    'https://oauth2.googleapis.com.evil.example/token',
    'https://me@evil.example/oauth2.googleapis.com',
    'http://oauth2.googleapis.com/token',
    'https://oauth2.googleapis.com:8443/token',
    'not a url',
  ])('is refused when its tokens come from %s', async (tokenUri) => {
    expect(await refusal(account({ token_uri: tokenUri }))).toEqual({
      code: 'upstream_credentials_rejected',
      upstream: null,
    });
    expect(calls).toEqual([]);
  });

  it.each([
    'sk-123',
    '{}',
    '[]',
    account({ private_key: 'no key' }),
    JSON.stringify({ client_email: 'a@b.example', private_key: '' }),
  ])('is refused when it is none: %#', async (secret) => {
    expect((await refusal(secret)).code).toBe('upstream_credentials_rejected');
    expect(calls).toEqual([]);
  });

  it.each([
    [
      400,
      '{"error":"invalid_grant","error_description":"Invalid JWT Signature."}',
      'upstream_credentials_rejected',
    ],
    [401, '{"error":"invalid_client"}', 'upstream_credentials_rejected'],
    [302, '', 'upstream_credentials_rejected'],
    [200, '{"access_token":"x"}', 'upstream_credentials_rejected'],
    [429, '{}', 'upstream_overloaded'],
  ])('says what %d means', async (status, body, code) => {
    answer = () => new Response(body, { status });
    const got = await refusal(account());
    expect(got.code).toBe(code);
    expect(got.upstream).toMatchObject({ status, ...(status === 400 ? { type: 'invalid_grant' } : {}) });
  });

  it('says that Google cannot be reached', async () => {
    answer = () => Promise.reject(new TypeError('Network connection lost.'));
    expect((await refusal(account())).code).toBe('upstream_unreachable');
  });
});
