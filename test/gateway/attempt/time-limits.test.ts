import { describe, expect, test } from 'vitest';
import { firstLimit, hedgeAfter, idleLimit } from '../../../src/gateway/attempt/time-limits.ts';
import type { Candidate } from '../../../src/gateway/types.ts';
import type { EndpointHealth, HealthView } from '../../../src/routing/health/types.ts';

const LIMITS = { firstTokenMs: 120_000, idleMs: 60_000, answerMs: 600_000 };
const candidate = { endpoint: { id: 'm@p', capabilities: {} } } as Candidate;

function healthOf(samples: number, ms: number): HealthView {
  const known = { ewma: ms, p50: ms, p95: ms, p99: ms, samples };
  return { endpoint: () => ({ ttft: known, answer: known }) as EndpointHealth, model: () => null };
}

const unknown: HealthView = { endpoint: () => null, model: () => null };

describe('a second candidate starts beside the first', () => {
  test('when the caller has said, and else when the first is three times as late as is usual', () => {
    expect(hedgeAfter(true, candidate, { slo_ms: 200 }, healthOf(50, 800))).toBe(200);
    expect(hedgeAfter(true, candidate, {}, healthOf(50, 800))).toBe(2_400);
  });

  test('not within a second that nobody called late', () => {
    expect(hedgeAfter(true, candidate, {}, healthOf(50, 10))).toBe(1_000);
    expect(hedgeAfter(false, candidate, {}, healthOf(50, 10))).toBe(1_000);
  });

  test('not where little is known', () => {
    expect(hedgeAfter(true, candidate, {}, healthOf(19, 800))).toBeNull();
    expect(hedgeAfter(true, candidate, {}, unknown)).toBeNull();
  });
});

describe('the first token', () => {
  test('has the time that the caller gives it; a whole answer has no first token', () => {
    const policy = { first_token_ms: 700 };
    expect(firstLimit(true, candidate, policy, LIMITS, unknown, true)).toBe(700);
    expect(firstLimit(false, candidate, policy, LIMITS, unknown, true)).toBe(120_000);
  });

  test('is waited for longer when nobody else could give it', () => {
    expect(firstLimit(true, candidate, {}, LIMITS, unknown, true)).toBe(30_000);
    expect(firstLimit(true, candidate, {}, LIMITS, unknown, false)).toBe(120_000);
    expect(firstLimit(true, candidate, {}, LIMITS, healthOf(50, 3_000), true)).toBe(9_000);
  });
});

describe('silence', () => {
  const state = { finished: false, content: '', toolCalls: false, otherOutput: false };

  test('behind a role alone is still that before the first token', () => {
    expect(idleLimit(state, { first_token_ms: 700 }, LIMITS)).toBe(700);
    expect(idleLimit({ ...state, otherOutput: true }, { first_token_ms: 700 }, LIMITS)).toBe(60_000);
    expect(idleLimit({ ...state, content: 'a' }, { first_token_ms: 700 }, LIMITS)).toBe(15_000);
  });

  test('is as long as the caller says', () => {
    expect(idleLimit({ ...state, content: 'a' }, { idle_ms: 20_000 }, LIMITS)).toBe(20_000);
    expect(idleLimit({ ...state, finished: true }, {}, LIMITS)).toBe(5_000);
  });
});
