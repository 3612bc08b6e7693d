import { describe, expect, it } from 'vitest';
import { google } from '../../../src/wires/google/index.ts';
import { fixture } from './support.ts';

const none = new Headers();

function body(code: number, status: string, message = 'words', details: unknown[] = []): string {
  return JSON.stringify({ error: { code, message, status, details } });
}

const reason = (name: string) => [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: name }];

describe('errors', () => {
  it('reads the recorded rate limit and how long to wait', () => {
    const error = google.readError(
      429,
      none,
      fixture('google-err429-google-429-retry-info-0', 'response.json'),
    );
    expect(error).toMatchObject({ code: 'upstream_rate_limited', retryable: true, retryAfterMs: 34_400 });
    expect(error.upstream).toMatchObject({ status: 429, type: 'RESOURCE_EXHAUSTED', code: '429' });
    expect(error.message).not.toContain('quota');
  });

  it.each([
    [400, 'INVALID_ARGUMENT', 'upstream_invalid_request'],
    [400, 'OUT_OF_RANGE', 'upstream_invalid_request'],
    [400, 'FAILED_PRECONDITION', 'upstream_credentials_rejected'],
    [401, 'UNAUTHENTICATED', 'upstream_credentials_rejected'],
    [403, 'PERMISSION_DENIED', 'upstream_credentials_rejected'],
    [404, 'NOT_FOUND', 'upstream_model_not_found'],
    [429, 'RESOURCE_EXHAUSTED', 'upstream_rate_limited'],
    [499, 'CANCELLED', 'upstream_error'],
    [500, 'INTERNAL', 'upstream_error'],
    [503, 'UNAVAILABLE', 'upstream_overloaded'],
    [504, 'DEADLINE_EXCEEDED', 'upstream_timeout'],
    [413, 'INVALID_ARGUMENT', 'request_too_large'],
    [418, 'SOMETHING_NEW', 'upstream_invalid_request'],
    [529, 'SOMETHING_NEW', 'upstream_error'],
  ])('%i %s is %s', (status, rpc, code) => {
    const error = google.readError(status, none, body(status, rpc));
    expect(error.code).toBe(code);
    // The provider's words are for faults of the request.
    expect(error.message === 'words').toBe(error.status < 500 && code !== 'upstream_rate_limited');
  });

  it.each([
    [401, 'upstream_credentials_rejected'],
    [402, 'upstream_credentials_rejected'],
    [404, 'upstream_model_not_found'],
    [408, 'upstream_timeout'],
    [429, 'upstream_rate_limited'],
    [500, 'upstream_error'],
    [502, 'upstream_error'],
    [503, 'upstream_overloaded'],
    [504, 'upstream_timeout'],
    [422, 'upstream_invalid_request'],
  ])('%i without a body that can be read is %s', (status, code) => {
    expect(google.readError(status, none, '<html>').code).toBe(code);
  });

  it.each(['API_KEY_INVALID', 'SERVICE_DISABLED', 'BILLING_DISABLED', 'ACCESS_TOKEN_EXPIRED'])(
    'knows %s as a fault of the key, whatever the status',
    (name) => {
      const error = google.readError(
        400,
        none,
        body(400, 'INVALID_ARGUMENT', 'API key not valid.', reason(name)),
      );
      expect(error.code).toBe('upstream_credentials_rejected');
      expect(error.upstream?.code).toBe(name);
      expect(error.message).not.toContain('API key');
    },
  );

  it('does not go by words', () => {
    const words = 'API key not valid. Please pass a valid API key.';
    expect(google.readError(400, none, body(400, 'INVALID_ARGUMENT', words))).toMatchObject({
      code: 'upstream_invalid_request',
      message: words,
    });
  });

  it('reads a body that is an array', () => {
    const error = google.readError(400, none, `[${body(400, 'INVALID_ARGUMENT', 'Bad part.')}]`);
    expect(error).toMatchObject({ code: 'upstream_invalid_request', message: 'Bad part.' });
  });

  it.each<[Record<string, string>, number | null]>([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': 'Wed, 01 Jan 2025 00:00:30 GMT', date: 'Wed, 01 Jan 2025 00:00:10 GMT' }, 20_000],
    [{ 'retry-after': 'soon' }, null],
    [{}, null],
  ])('waits as %j says', (headers, ms) => {
    const error = google.readError(503, new Headers(headers), body(503, 'UNAVAILABLE'));
    expect(error.retryAfterMs).toBe(ms);
  });

  it('keeps the first kilobyte of the body', () => {
    const error = google.readError(500, none, 'x'.repeat(5000));
    expect(error.upstream?.body).toHaveLength(1024);
  });
});
