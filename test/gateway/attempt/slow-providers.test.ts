import { describe, expect, it, vi } from 'vitest';
import type { Candidate } from '../../../src/gateway/types.ts';
import type { Policy } from '../../../src/routing/policy/types.ts';
import { health as healthWith } from '../../routing/support.ts';
import { A, B, C, fakeTime, outcomes, searchFor } from './search.ts';
import {
  candidate,
  FakeHealth,
  inTime,
  late,
  providers,
  refuses,
  silent,
  streams,
  whole,
} from './support.ts';

fakeTime();

describe('silence', () => {
  it('speaks against the endpoint when the gateway has lost its patience', async () => {
    const asked = providers({ one: [silent], two: [streams('Yes.')] });
    const { trail, health, find } = searchFor([A, B], { body: { stream: true } });
    await inTime(find());
    const waited = (asked[1]?.at ?? 0) - (asked[0]?.at ?? 0);
    expect(waited).toBeGreaterThanOrEqual(30_000);
    expect(waited).toBeLessThan(30_200);
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(trail.routingReason).toBe('fallback_timeout');
    expect(health.observed).toMatchObject([{ endpoint: A.endpoint.id, outcome: 'timeout' }]);
  });

  it.each<Policy>([{ first_token_ms: 200 }, { total_ms: 400 }])(
    'does not when it was the caller: %j',
    async (policy) => {
      providers({ one: [silent], two: [streams('Yes.')] });
      const { health, trail, find } = searchFor([A, B], { body: { stream: true }, policy });
      expect((await inTime(find())).candidate).toBe(B);
      expect(outcomes(trail)[0]).toEqual(['one', 'failed', 'upstream_timeout']);
      expect(health.observed).toEqual([]);
    },
  );

  it('of all ends with the deadline of the request', async () => {
    const asked = providers({ one: [silent], two: [silent], three: [silent] });
    const startedAt = Date.now();
    const { find } = searchFor([A, B, C], { policy: { total_ms: 4_000 } });
    await expect(inTime(find())).rejects.toMatchObject({ code: 'upstream_timeout' });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(4_000);
    expect(Date.now() - startedAt).toBeLessThan(4_200);
    expect(asked).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a hedge', () => {
  const SLO = { policy: { slo_ms: 350 }, body: { stream: true } };

  it('starts when the first is late; the first to speak wins, the other is cancelled', async () => {
    const asked = providers({ one: [silent], two: [streams('Yes.')] });
    const { trail, health, find } = searchFor([A, B], SLO);
    const served = await inTime(find());
    expect(served.candidate).toBe(B);
    const waited = (asked[1]?.at ?? 0) - (asked[0]?.at ?? 0);
    expect(waited).toBeGreaterThanOrEqual(350);
    expect(waited).toBeLessThan(500);
    expect(outcomes(trail)).toEqual([
      ['one', 'cancelled', null],
      ['two', 'served', null],
    ]);
    expect(trail).toMatchObject({ routingReason: 'hedge', fallbackFrom: [] });
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(health.observed).toEqual([]);
  });

  it('is written down as cancelled before the loser has noticed', async () => {
    const known = new FakeHealth();
    const usual = { ewma: 100, p50: 100, p95: 100, p99: 100, samples: 20 };
    known.known[A.endpoint.id] = { ...healthWith({}), answer: usual };
    // It never notices.
    providers({ one: [() => new Promise(() => {})], two: [whole('Yes.')] });
    const { trail, find } = searchFor([A, B], { health: known });
    const seen = find().then(() => outcomes(trail));
    expect(await inTime(seen)).toEqual([
      ['one', 'cancelled', null],
      ['two', 'served', null],
    ]);
    expect(trail.attempts[0]?.duration_ms).toBeGreaterThanOrEqual(300);
  });

  it('lets the first win when it is only a little late', async () => {
    const asked = providers({ one: [late(500, streams('Me.'))], two: [silent] });
    const { trail, find } = searchFor([A, B], SLO);
    expect((await inTime(find())).candidate).toBe(A);
    expect(outcomes(trail)).toEqual([
      ['one', 'served', null],
      ['two', 'cancelled', null],
    ]);
    expect(trail.routingReason).toBeNull();
    expect(asked[1]?.signal.aborted).toBe(true);
  });

  it('has one winner when both speak at once', async () => {
    providers({ one: [late(500, streams('Me.'))], two: [late(150, streams('Me.'))] });
    const { trail, find } = searchFor([A, B], SLO);
    await inTime(find());
    expect(trail.attempts.map(({ outcome }) => outcome).sort()).toEqual(['cancelled', 'served']);
  });

  it('goes on with the other when one fails', async () => {
    providers({ one: [late(500, refuses(503))], two: [late(500, streams('Me.'))] });
    const first = searchFor([A, B], SLO);
    expect((await inTime(first.find())).candidate).toBe(B);
    expect(first.trail).toMatchObject({ fallbackFrom: [A.endpoint.id], routingReason: 'hedge' });

    providers({ one: [late(900, streams('Me.'))], two: [refuses(503)], three: [streams('Not me.')] });
    const second = searchFor([A, B, C], SLO);
    expect((await inTime(second.find())).candidate).toBe(A);
    expect(second.trail).toMatchObject({ fallbackFrom: [], routingReason: null });
    expect(outcomes(second.trail)).toEqual([
      ['one', 'served', null],
      ['two', 'failed', 'upstream_overloaded'],
    ]);
  });

  it('goes on with a third when both fail', async () => {
    providers({ one: [late(500, refuses(503))], two: [late(500, refuses(502))], three: [streams('Me.')] });
    const { trail, find } = searchFor([A, B, C], SLO);
    expect((await inTime(find())).candidate).toBe(C);
    expect(trail.fallbackFrom).toEqual([A.endpoint.id, B.endpoint.id]);
  });

  it('does not start where nobody is left to run beside', async () => {
    const known = new FakeHealth();
    known.circuits[B.endpoint.id] = 'open';
    const asked = providers({ one: [late(2_000, streams('Me.'))], two: [streams('Not me.')] });
    await inTime(searchFor([A, B], { ...SLO, health: known }).find());
    expect(asked.map(({ provider }) => provider)).toEqual(['one']);
  });
});

describe('a provider that is scaled to zero', () => {
  it('is asked as often as it takes, and the client is told', async () => {
    const S = candidate('v/s@sleepy-1', { endpoint: { scalesToZero: true } });
    const asleep = refuses(503, { 'retry-after': '2' });
    const asked = providers({ 'sleepy-1': [...Array(8).fill(asleep), whole('Good morning.')] });
    const { pursuit, health, find } = searchFor([S]);
    const told: [Candidate, number][] = [];
    pursuit.onWaking = (one, since) => told.push([one, since]);
    const startedAt = Date.now();
    await inTime(find());
    expect(asked).toHaveLength(9);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(16_000);
    expect(told).toHaveLength(1);
    expect(told[0]?.[0]).toBe(S);
    // To sleep is no fault.
    expect(health.observed).toEqual([]);
    expect(health.woken.map(([, since]) => since === null)).toEqual([false, true]);
  });

  it('is given up when its budget is spent', async () => {
    const S = candidate('v/s@sleepy-2', { endpoint: { scalesToZero: true } });
    providers({ 'sleepy-2': [refuses(503)] });
    const { health, find } = searchFor([S], { policy: { max_wake_ms: 12_000 } });
    const startedAt = Date.now();
    await expect(inTime(find())).rejects.toMatchObject({ code: 'wake_timeout' });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(12_000);
    expect(Date.now() - startedAt).toBeLessThan(12_500);
    expect(health.woken.at(-1)).toEqual([S.endpoint.id, null]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is waited for with what the request has reserved', async () => {
    const S = candidate('v/s@sleepy-6', { endpoint: { scalesToZero: true } });
    const asleep = refuses(503, { 'retry-after': '10' });
    providers({ 'sleepy-6': [...Array(10).fill(asleep), whole('Good morning.')] });
    const { call, find } = searchFor([S]);
    const startedAt = Date.now();
    await inTime(find());
    const times = [startedAt, ...call.renewed, Date.now()];
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(100_000);
    // What is reserved lapses after 90 seconds.
    for (const [place, at] of times.entries())
      expect(at - (times[place - 1] ?? at)).toBeLessThanOrEqual(31_000);
  });

  it('gives way to who is warm', async () => {
    const S = candidate('v/s@sleepy-3', { endpoint: { scalesToZero: true } });
    const asked = providers({ 'sleepy-3': [refuses(503)], two: [whole('Warm.')] });
    const { trail, find } = searchFor([S, B]);
    expect((await inTime(find())).candidate).toBe(B);
    expect(asked).toHaveLength(2);
    expect(trail).toMatchObject({ routingReason: 'fallback_waking', fallbackFrom: [S.endpoint.id] });
  });

  it('is waited for when who is warm fails too', async () => {
    const S = candidate('v/s@sleepy-4', { endpoint: { scalesToZero: true } });
    providers({ 'sleepy-4': [refuses(503), refuses(503), whole('Good morning.')], two: [refuses(503)] });
    const { pursuit, find } = searchFor([S, B]);
    const told = vi.fn();
    pursuit.onWaking = told;
    expect((await inTime(find())).candidate).toBe(S);
    expect(told).toHaveBeenCalledOnce();
  });

  it('that says nothing gives way too', async () => {
    const S = candidate('v/s@sleepy-5', { endpoint: { scalesToZero: true } });
    const asked = providers({ 'sleepy-5': [silent], two: [whole('Warm.')] });
    const { trail, find } = searchFor([S, B]);
    expect((await inTime(find())).candidate).toBe(B);
    expect((asked[1]?.at ?? 0) - (asked[0]?.at ?? 0)).toBeLessThan(5_200);
    expect(outcomes(trail)[0]).toEqual(['sleepy-5', 'cancelled', null]);
  });
});
