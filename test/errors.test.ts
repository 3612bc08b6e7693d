import { describe, expect, it } from 'vitest';
import page from '../docs/errors.md?raw';
import { errorPage } from '../scripts/error-page.ts';
import { ERRORS, errorResponse, GatewayError, toGatewayError } from '../src/errors.ts';

describe('errors', () => {
  it('are documented as the table says (npm run docs:errors)', () => {
    expect(page).toBe(errorPage());
  });

  it('answer with status, envelope and retry-after', async () => {
    const error = new GatewayError('upstream_rate_limited', { param: 'model', retryAfterMs: 1200 });
    const response = errorResponse(error, 'req_1');
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(response.headers.get('x-request-id')).toBe('req_1');
    expect(await response.json()).toEqual({
      error: {
        message: ERRORS.upstream_rate_limited.message,
        type: 'rate_limit_error',
        code: 'upstream_rate_limited',
        param: 'model',
        request_id: 'req_1',
      },
    });
  });

  it('show nothing of what was thrown inside', async () => {
    const error = toGatewayError(new Error('password=hunter2 at db.internal'));
    const text = await errorResponse(error, null).text();
    expect(error.code).toBe('internal_error');
    expect(text).not.toMatch(/hunter2|db\.internal/);
  });

  it('carry what a provider said without showing it', async () => {
    const error = new GatewayError('upstream_error', {
      upstream: { status: 500, body: 'secret stack trace' },
    });
    expect(error.upstream?.body).toBe('secret stack trace');
    expect(await errorResponse(error, null).text()).not.toContain('stack trace');
  });
});
