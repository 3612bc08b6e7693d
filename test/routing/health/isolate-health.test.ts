import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import type { Observation } from '../../../src/objects/health/types.ts';
import { coolDown, restsUntil, takeOverCoolDown, warmUp } from '../../../src/providers/cool-down.ts';
import { FRESH_MS, REPORT_EVERY_MS } from '../../../src/routing/health/reporter.ts';
import { fakeTime, observed, START, world } from './support.ts';

fakeTime();

describe('what an isolate knows of endpoints', () => {
  it('is nothing at first, and then what it saw, at once', () => {
    const { isolate, carrier } = world();
    const mine = isolate();
    expect(mine.endpoint('m@p')).toBeNull();
    expect(mine.model('m')).toBeNull();
    expect(mine.circuit('m@p', START)).toBe('closed');
    mine.observe(observed({ ttftMs: 400, inputBytes: 400, inputTokens: 100 }), carrier());
    expect(mine.endpoint('m@p')).toMatchObject({
      circuit: 'closed',
      openUntil: 0,
      ttft: { ewma: 400, samples: 1 },
      answer: null,
      last30s: { requests: 1, errors: 0, cuts: 0, stalls: 0 },
    });
    expect(mine.model('m')).toEqual({ tokensPerByte: 0.25 });
    for (const outcome of ['error', 'cut', 'stall'] as const) {
      mine.observe(observed({ outcome }), carrier());
    }
    expect(mine.endpoint('m@p')).toMatchObject({
      circuit: 'open',
      last30s: { requests: 4, errors: 1, cuts: 1, stalls: 1 },
    });
    expect(mine.endpoint('m@p')?.openUntil).toBeGreaterThan(START);
    expect(mine.claimProbe('m@p', START)).toBe(false);
  });

  it('lets one request try when the cool-down is over', async () => {
    const { isolate, carrier, pass } = world();
    const mine = isolate();
    mine.observe(observed({ outcome: 'error' }), carrier());
    await pass(1_300);
    const now = Date.now();
    expect(mine.circuit('m@p', now)).toBe('half_open');
    expect(mine.endpoint('m@p')?.circuit).toBe('half_open');
    expect([mine.claimProbe('m@p', now), mine.claimProbe('m@p', now)]).toEqual([true, false]);
    mine.releaseProbe('m@p');
    expect(mine.claimProbe('m@p', now)).toBe(true);
    mine.observe(observed(), carrier());
    expect(mine.claimProbe('m@p', now)).toBe(true);
    expect(mine.claimProbe('m@p', now)).toBe(true);
    expect(mine.endpoint('m@p')).toMatchObject({ circuit: 'closed', openUntil: 0 });
  });

  it('comes to the other isolates of the continent', async () => {
    const { isolate, carrier, pass } = world();
    const [one, other] = [isolate(), isolate()];
    one.observe(observed({ ttftMs: 500, inputBytes: 10, inputTokens: 5 }), carrier());
    one.observe(observed({ outcome: 'error' }), carrier());
    one.observe(observed({ outcome: 'error' }), carrier());
    one.observe(observed({ outcome: 'error' }), carrier());
    one.waking('cold@p', START - 1_000, carrier());
    await pass(REPORT_EVERY_MS);
    other.refresh(carrier());
    await pass(1);
    expect(other.circuit('m@p', START)).toBe('open');
    expect(other.endpoint('m@p')).toMatchObject({
      ttft: { ewma: 500, samples: 1 },
      last30s: { requests: 4, errors: 3, cuts: 0, stalls: 0 },
    });
    expect(other.model('m')).toEqual({ tokensPerByte: 0.5 });
    expect(other.endpoint('cold@p')?.wakingSince).toBe(START - 1_000);
    other.waking('cold@p', null, carrier());
    expect(other.endpoint('cold@p')?.wakingSince).toBeNull();
    await pass(REPORT_EVERY_MS);
    const third = isolate();
    third.refresh(carrier());
    await pass(1);
    expect(third.endpoint('cold@p')?.wakingSince).toBeNull();
  });

  it('does not count its own twice when the continent tells them back', async () => {
    const { isolate, carrier, pass } = world();
    const mine = isolate();
    for (let i = 0; i < 7; i++) mine.observe(observed({ ttftMs: 100 }), carrier());
    for (const outcome of ['stall', 'error'] as const) mine.observe(observed({ outcome }), carrier());
    mine.observe(observed({ toolCalls: 'invalid' }), carrier());
    await pass(REPORT_EVERY_MS * 2);
    expect(mine.endpoint('m@p')).toMatchObject({
      last30s: { requests: 10, errors: 1, cuts: 0, stalls: 1 },
      last5m: { requests: 10, errors: 1, cuts: 0, stalls: 1 },
      toolCalls: { valid: 0, invalid: 1 },
    });
  });
});

describe('credentials that rest', () => {
  const limited = () => new GatewayError('upstream_rate_limited', { retryAfterMs: 40_000 });

  it('rest everywhere on the continent, until one has served', async () => {
    const { continent, isolate, carrier, pass } = world();
    const [mine, other] = [isolate(), isolate()];
    coolDown('cred_shared', limited(), START);
    mine.refresh(carrier());
    await pass(1);
    expect(continent.reports[0]?.report.coolDowns).toEqual([
      { credential: 'cred_shared', until: START + 40_000 },
    ]);
    // Isolates of a test share what another isolate would have of its own.
    takeOverCoolDown('cred_shared', 0);
    expect(restsUntil('cred_shared')).toBe(0);
    other.refresh(carrier());
    await pass(1);
    expect(restsUntil('cred_shared')).toBe(START + 40_000);
    warmUp('cred_shared');
    await pass(REPORT_EVERY_MS);
    mine.refresh(carrier());
    await pass(1);
    expect(continent.reports.at(-1)?.report.coolDowns).toEqual([{ credential: 'cred_shared', until: 0 }]);
  });

  it('are told once, and a credential that did not rest is no news', async () => {
    const { continent, isolate, carrier, pass } = world();
    const mine = isolate();
    warmUp('cred_awake');
    coolDown('cred_once', limited(), START);
    mine.refresh(carrier());
    await pass(REPORT_EVERY_MS);
    mine.refresh(carrier());
    await pass(FRESH_MS);
    mine.refresh(carrier());
    await pass(1);
    const told = continent.reports.flatMap(({ report }) => report.coolDowns);
    expect(told).toEqual([{ credential: 'cred_once', until: START + 40_000 }]);
  });
});

describe('counts of an isolate', () => {
  it('never say more failures than requests, whatever was told', async () => {
    const outcome = fc.constantFrom<Observation['outcome']>('ok', 'error', 'timeout', 'cut', 'stall');
    await fc.assert(
      fc.asyncProperty(fc.array(outcome), fc.array(outcome), async (theirs, own) => {
        const { isolate, carrier, pass } = world();
        const [other, mine] = [isolate(), isolate()];
        for (const one of theirs) other.observe(observed({ outcome: one }), carrier());
        await pass(REPORT_EVERY_MS);
        mine.refresh(carrier());
        await pass(1);
        for (const one of own) mine.observe(observed({ outcome: one }), carrier());
        const counts = mine.endpoint('m@p')?.last5m ?? { requests: 0, errors: 0, cuts: 0, stalls: 0 };
        const failed = counts.errors + counts.cuts + counts.stalls;
        expect(failed).toBeLessThanOrEqual(counts.requests);
        expect(counts.requests).toBeGreaterThanOrEqual(Math.max(theirs.length, own.length));
        expect(counts.requests).toBeLessThanOrEqual(theirs.length + own.length);
      }),
      { numRuns: 50 },
    );
  });
});
