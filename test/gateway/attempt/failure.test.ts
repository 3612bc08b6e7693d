import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode, GatewayError } from '../../../src/errors.ts';
import { isFaultOfEndpoint, readFailure, reasonOf, triggerOf } from '../../../src/gateway/attempt/failure.ts';
import { Cutoff } from '../../../src/gateway/relay/cutoff.ts';
import type { Candidate } from '../../../src/gateway/types.ts';
import { candidate } from './support.ts';

const A = candidate('v/a@one');
const CODES = Object.keys(ERRORS) as ErrorCode[];

/** Code → what leads on, what the header says then, and whether it speaks against the endpoint. */
const KNOWN: Partial<Record<ErrorCode, [ReturnType<typeof triggerOf>, string, boolean]>> = {
  upstream_rate_limited: ['rate_limit', 'fallback_rate_limited', false],
  upstream_overloaded: ['rate_limit', 'fallback_rate_limited', true],
  upstream_error: ['error', 'fallback_error', true],
  upstream_unreachable: ['error', 'fallback_error', true],
  upstream_incomplete: ['error', 'fallback_error', true],
  upstream_invalid_response: ['error', 'fallback_error', true],
  upstream_model_not_found: ['error', 'fallback_error', true],
  upstream_timeout: ['error', 'fallback_timeout', true],
  upstream_credentials_rejected: ['error', 'fallback_credentials', false],
  upstream_waking: ['error', 'fallback_waking', false],
  wake_timeout: ['error', 'fallback_waking', false],
  unsupported_parameter: ['error', 'fallback_parameters', false],
  context_length_exceeded: ['context_length', 'fallback_context_length', false],
  content_filter: ['content_filter', 'fallback_content_filter', false],
};

describe.each(CODES)('%s', (code) => {
  const error = new GatewayError(code);
  const [trigger, reason, isFault] = KNOWN[code] ?? [null, 'fallback_error', false];

  it(trigger ? `leads to those for ${trigger}` : 'leads nowhere', () => {
    expect(triggerOf(error)).toBe(trigger);
    expect(reasonOf(code)).toBe(reason);
  });

  it(isFault ? 'speaks against the endpoint' : 'does not speak against the endpoint', () => {
    expect(isFaultOfEndpoint(error, A)).toBe(isFault);
  });
});

it('speaks against nobody where an item of another host is not found', () => {
  const body = "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.";
  const error = new GatewayError('upstream_model_not_found', { upstream: { status: 404, body } });
  expect(isFaultOfEndpoint(error, A)).toBe(false);
});

describe("a workspace's own credential", () => {
  const stored = { id: 'cred_1', provider: 'one', sealed: '', lastFour: '0000', workspace: 'ws_1' };
  const own: Candidate = { ...A, credential: { id: 'cred_1', kind: 'stored', stored } };
  const missing = new GatewayError('upstream_model_not_found');
  const down = new GatewayError('upstream_unreachable');

  it('speaks against nobody for models that its account has not', () => {
    expect(isFaultOfEndpoint(missing, A)).toBe(true);
    expect(isFaultOfEndpoint(missing, own)).toBe(false);
    expect(isFaultOfEndpoint(down, own)).toBe(true);
  });

  it('speaks against nobody where it says itself what the address is', () => {
    const baseUrl = 'https://x.example/v1/projects/{google_project}';
    expect(isFaultOfEndpoint(down, { ...own, provider: { ...own.provider, baseUrl } })).toBe(false);
    expect(isFaultOfEndpoint(down, { ...A, provider: { ...A.provider, baseUrl } })).toBe(true);
  });
});

describe('an answer that is not 2xx', () => {
  it('is what the wire makes of it', async () => {
    const response = Response.json(
      { error: { message: 'No.' } },
      { status: 429, headers: { 'retry-after': '3' } },
    );
    expect(await readFailure(A, response, new Cutoff(), null)).toMatchObject({
      code: 'upstream_rate_limited',
      retryAfterMs: 3_000,
    });
  });

  it('holds no secret', async () => {
    const response = Response.json({ error: { message: 'Bad key sk-secret-1' } }, { status: 401 });
    const error = await readFailure(A, response, new Cutoff(), 'sk-secret-1');
    expect(error.upstream?.body).toContain('Bad key');
    expect(JSON.stringify(error.upstream)).not.toContain('sk-secret-1');
  });

  it('is not followed elsewhere', async () => {
    const response = new Response(null, { status: 307, headers: { location: 'https://elsewhere.example' } });
    expect(await readFailure(A, response, new Cutoff(), null)).toMatchObject({
      code: 'upstream_invalid_response',
      upstream: { status: 307 },
    });
  });

  it('that breaks off is a broken connection, or why we broke it', async () => {
    const broken = () =>
      new Response(new ReadableStream({ start: (c) => c.error(new TypeError('lost')) }), { status: 500 });
    expect(await readFailure(A, broken(), new Cutoff(), null)).toMatchObject({
      code: 'upstream_unreachable',
    });
    const cutoff = new Cutoff();
    cutoff.cut(new GatewayError('client_closed_request'));
    expect(await readFailure(A, broken(), cutoff, null)).toMatchObject({ code: 'client_closed_request' });
  });
});
