import { describe, expect, it } from 'vitest';
import { firstLimit, hedgeAfter, idleLimit, limitOf } from '../../../src/gateway/attempt/time-limits.ts';
import type { EndpointHealth } from '../../../src/routing/health/types.ts';
import { health, healthOf } from '../../routing/support.ts';
import { candidate } from './support.ts';

const A = candidate('v/a@one');
const THINKS = candidate('v/a@one', { endpoint: { capabilities: { reasoning: true } } });
const LIMITS = { firstTokenMs: 120_000, idleMs: 60_000, answerMs: 600_000 };

/** An endpoint that has been measured so often. */
const measured = (what: 'ttft' | 'answer', p95: number, p99: number, samples = 20) => {
  const known: EndpointHealth = { ...health({}), [what]: { ewma: 0, p50: 0, p95, p99, samples } };
  return healthOf({ [A.endpoint.id]: known });
};
const UNKNOWN = healthOf({});

describe('what one call may take', () => {
  it.each([
    // stream, reasoning, others left → milliseconds
    [true, false, true, 30_000],
    [true, true, true, 120_000],
    [true, false, false, 120_000],
    [false, false, true, 120_000],
    [false, true, true, 300_000],
    [false, false, false, 600_000],
  ])('stream %s, reasoning %s, others left %s: %i ms', (stream, reasons, othersLeft, ms) => {
    expect(firstLimit(stream, reasons ? THINKS : A, LIMITS, UNKNOWN, othersLeft)).toBe(ms);
  });

  it('is what experience says, within bounds, while others are left', () => {
    const limit = (p99: number, samples?: number) =>
      firstLimit(true, A, LIMITS, measured('ttft', 0, p99, samples), true);
    expect(limit(4_000)).toBe(12_000);
    expect(limit(100)).toBe(5_000);
    expect(limit(20_000)).toBe(30_000);
    expect(limit(4_000, 19)).toBe(30_000);
    expect(firstLimit(true, A, LIMITS, measured('ttft', 0, 4_000), false)).toBe(120_000);
    expect(firstLimit(false, A, LIMITS, measured('answer', 0, 1_000), true)).toBe(60_000);
    expect(firstLimit(false, A, LIMITS, measured('answer', 0, 30_000), true)).toBe(90_000);
  });

  it('is never more than the deployment allows', () => {
    const tight = { ...LIMITS, firstTokenMs: 2_000, answerMs: 3_000 };
    expect(firstLimit(true, A, tight, UNKNOWN, true)).toBe(2_000);
    expect(firstLimit(false, A, tight, UNKNOWN, true)).toBe(3_000);
  });

  it('leaves others half of the time that is left', () => {
    expect(limitOf(30_000, {}, true, 10_000)).toEqual({ ms: 5_000, impatient: false });
    expect(limitOf(30_000, {}, false, 10_000)).toEqual({ ms: 10_000, impatient: false });
    expect(limitOf(30_000, {}, true, 600_000)).toEqual({ ms: 30_000, impatient: false });
    expect(limitOf(30_000, {}, true, -5).ms).toBe(1);
  });

  it('is what the policy says, and then it is the policy that was impatient', () => {
    expect(limitOf(30_000, { first_token_ms: 800 }, true, 600_000)).toEqual({ ms: 800, impatient: true });
    expect(limitOf(30_000, { first_token_ms: 8_000 }, true, 10_000).ms).toBe(8_000);
    expect(limitOf(30_000, { first_token_ms: 8_000 }, true, 3_000).ms).toBe(3_000);
    expect(limitOf(30_000, { first_token_ms: 40_000 }, true, 600_000)).toEqual({
      ms: 40_000,
      impatient: false,
    });
    expect(limitOf(30_000, { total_ms: 10_000 }, true, 10_000)).toEqual({ ms: 5_000, impatient: true });
  });
});

describe('when a second candidate starts beside the first', () => {
  it('is what the policy wishes, else three times what is usual, else never', () => {
    expect(hedgeAfter(true, A, { slo_ms: 350 }, UNKNOWN)).toBe(350);
    expect(hedgeAfter(true, A, { slo_ms: 350 }, measured('ttft', 2_000, 0))).toBe(350);
    expect(hedgeAfter(true, A, {}, measured('ttft', 2_000, 0))).toBe(6_000);
    expect(hedgeAfter(true, A, {}, measured('ttft', 10, 0))).toBe(500);
    expect(hedgeAfter(true, A, { slo_ms: 50 }, measured('ttft', 10, 0))).toBe(50);
    expect(hedgeAfter(true, A, {}, measured('ttft', 2_000, 0, 19))).toBeNull();
    expect(hedgeAfter(true, A, {}, UNKNOWN)).toBeNull();
    // The wish is for the first token of a stream.
    expect(hedgeAfter(false, A, { slo_ms: 350 }, UNKNOWN)).toBeNull();
    expect(hedgeAfter(false, A, { slo_ms: 350 }, measured('answer', 2_000, 0))).toBe(6_000);
  });
});

describe('how long a stream may be silent', () => {
  const nothing = { finished: false, content: '', toolCalls: false, otherOutput: false };
  it.each([
    ['before its text', nothing, {}, 60_000],
    ['behind a role, which is no token', nothing, { first_token_ms: 700 }, 700],
    ['behind a thought, which is one', { ...nothing, otherOutput: true }, { first_token_ms: 700 }, 60_000],
    ['within its text', { ...nothing, content: 'a' }, {}, 15_000],
    ['in a tool call behind a text', { ...nothing, content: 'a', toolCalls: true }, {}, 60_000],
    ['behind its finish reason', { ...nothing, content: 'a', finished: true }, {}, 5_000],
    ['as the policy says', { ...nothing, content: 'a' }, { idle_ms: 40_000 }, 40_000],
    ['but not behind its finish reason', { ...nothing, finished: true }, { idle_ms: 40_000 }, 5_000],
  ])('%s', (_, state, policy, ms) => {
    expect(idleLimit(state, policy, LIMITS)).toBe(ms);
  });
});
