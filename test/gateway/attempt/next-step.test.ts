import { describe, expect, it } from 'vitest';
import { type ErrorCode, type ErrorDetails, GatewayError } from '../../../src/errors.ts';
import { triggerOf } from '../../../src/gateway/attempt/failure.ts';
import { nextStep, Tries } from '../../../src/gateway/attempt/next-step.ts';
import type { Candidate } from '../../../src/gateway/types.ts';
import { candidate } from './support.ts';

const A = candidate('v/a@one');
const B = candidate('v/a@two');
const C = candidate('v/c@three', { endpoint: { contextLength: 500_000 } });

/** What follows when the candidates failed so, in this order. */
function stepAfter(
  candidates: readonly Candidate[],
  failures: readonly [Candidate, ErrorCode, ErrorDetails?][],
  timeLeftMs = 60_000,
) {
  const tries = new Tries();
  let last: [Candidate, GatewayError] | undefined;
  for (const [failed, code, details] of failures) {
    const error = new GatewayError(code, details);
    tries.began(failed);
    tries.failed(failed, error);
    last = [failed, error];
  }
  if (!last) throw new Error('Nothing failed');
  const [failed, error] = last;
  const step = nextStep(candidates, failed, error, triggerOf(error), tries, { timeLeftMs, backoffMs: 250 });
  return step && { id: step.candidate.endpoint.id, waitMs: step.waitMs };
}

const now = (one: Candidate) => ({ id: one.endpoint.id, waitMs: 0 });
const STATUS_500 = { upstream: { status: 500 } };

describe('while there is somebody who has not been asked', () => {
  it.each<ErrorCode>([
    'upstream_rate_limited',
    'upstream_overloaded',
    'upstream_unreachable',
    'upstream_timeout',
    'upstream_error',
    'upstream_incomplete',
    'upstream_invalid_response',
    'upstream_credentials_rejected',
    'upstream_model_not_found',
    'unsupported_parameter',
  ])('%s leads there at once', (code) => {
    expect(stepAfter([A, B], [[A, code]])).toEqual(now(B));
  });

  it.each<ErrorCode>(['upstream_invalid_request', 'request_too_large', 'content_filter', 'internal_error'])(
    '%s leads nowhere',
    (code) => {
      expect(stepAfter([A, B, C], [[A, code]])).toBeNull();
    },
  );

  it('a single 500 leads to the same endpoint once more', () => {
    expect(stepAfter([A, B], [[A, 'upstream_error', STATUS_500]])).toEqual(now(A));
    const twice: [Candidate, ErrorCode, ErrorDetails] = [A, 'upstream_error', STATUS_500];
    expect(stepAfter([A, B], [twice, twice])).toEqual(now(B));
  });

  it('a failure of a credential leads to the next of the same endpoint', () => {
    const first = candidate('v/a@one', { credential: 'k1' });
    const second = candidate('v/a@one', { credential: 'k2' });
    expect(stepAfter([first, second, B], [[first, 'upstream_credentials_rejected']])).toEqual(now(second));
    expect(stepAfter([first, second, B], [[first, 'upstream_overloaded']])).toEqual(now(B));
  });

  it('what is too long leads to a larger context alone', () => {
    expect(stepAfter([A, B, C], [[A, 'context_length_exceeded']])).toEqual(now(C));
    expect(stepAfter([C, A, B], [[C, 'context_length_exceeded']])).toBeNull();
  });

  it('a step of a chain follows the failures that it is for', () => {
    const step = candidate('v/c@three', { on: ['rate_limit', 'content_filter'] });
    expect(stepAfter([A, step], [[A, 'upstream_rate_limited']])).toEqual(now(step));
    expect(stepAfter([A, step], [[A, 'content_filter']])).toEqual(now(step));
    expect(stepAfter([A, step], [[A, 'upstream_credentials_rejected']])).toBeNull();
    // The same model would refuse the same content.
    const same = candidate('v/a@three', { on: ['content_filter'] });
    expect(stepAfter([A, same], [[A, 'content_filter']])).toBeNull();
  });
});

describe('when all have failed', () => {
  it('asks who recovers soonest, after a pause of at least half of a quarter second', () => {
    const step = stepAfter(
      [A, B],
      [
        [A, 'upstream_overloaded'],
        [B, 'upstream_rate_limited', { retryAfterMs: 60 }],
      ],
    );
    expect(step).toEqual({ id: B.endpoint.id, waitMs: 60 });
    for (let n = 0; n < 50; n++) {
      const { waitMs = 0 } = stepAfter([A], [[A, 'upstream_unreachable']]) ?? {};
      expect(waitMs).toBeGreaterThanOrEqual(125);
      expect(waitMs).toBeLessThanOrEqual(250);
    }
  });

  it('waits twice as long the second time, and asks nobody a fourth time', () => {
    const failure: [Candidate, ErrorCode] = [A, 'upstream_overloaded'];
    const { waitMs = 0 } = stepAfter([A], [failure, failure]) ?? {};
    expect(waitMs).toBeGreaterThanOrEqual(250);
    expect(waitMs).toBeLessThanOrEqual(500);
    expect(stepAfter([A], [failure, failure, failure])).toBeNull();
  });

  it.each<ErrorCode>([
    'upstream_timeout',
    'upstream_credentials_rejected',
    'upstream_model_not_found',
    'upstream_invalid_response',
    // Nobody knows when it ends.
    'upstream_rate_limited',
  ])('does not ask again after %s', (code) => {
    expect(stepAfter([A], [[A, code]])).toBeNull();
  });

  it('waits no longer than half a minute, nor than the time that is left', () => {
    const limited = (retryAfterMs: number, timeLeftMs: number) =>
      stepAfter([A], [[A, 'upstream_rate_limited', { retryAfterMs }]], timeLeftMs)?.waitMs;
    expect(limited(30_000, 60_000)).toBe(30_000);
    expect(limited(30_001, 60_000)).toBeUndefined();
    expect(limited(5_001, 5_000)).toBeUndefined();
  });
});

it('asks nobody when no time is left', () => {
  expect(stepAfter([A, B], [[A, 'upstream_overloaded']], 0)).toBeNull();
});
