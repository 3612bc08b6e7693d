import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { ownRequest } from '../../../src/gateway/attempt/own-request.ts';
import { Pursuit } from '../../../src/gateway/attempt/pursuit.ts';
import type { Ask, Served } from '../../../src/gateway/attempt/served.ts';
import { changeRequest } from '../../../src/gateway/requests/change-request.ts';
import type { Candidate, Trail } from '../../../src/gateway/types.ts';
import type { Policy } from '../../../src/routing/policy/types.ts';
import { health as healthWith } from '../../routing/support.ts';
import {
  breaks,
  callOf,
  candidate,
  FakeHealth,
  inTime,
  late,
  newTrail,
  planOf,
  providers,
  refuses,
  type Script,
  silent,
  streams,
  whole,
} from './support.ts';

const A = candidate('v/a@one');
const B = candidate('v/a@two');
const C = candidate('v/a@three');
const gone = new GatewayError('client_closed_request');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

interface Setup {
  policy?: Policy;
  body?: object;
  health?: FakeHealth;
  startedAt?: number;
}

/** A search among these candidates, and all that it leaves behind. */
function searchFor(candidates: readonly Candidate[], { policy = {}, body, health, startedAt }: Setup = {}) {
  const known = health ?? new FakeHealth();
  const call = { ...callOf(body, known), ...(startedAt === undefined ? {} : { startedAt }) };
  const trail: Trail = newTrail();
  const pursuit = new Pursuit(call, planOf(candidates, policy), trail);
  const find = (): Promise<Served> => pursuit.find(ownRequest(call.request));
  return { call, trail, pursuit, health: known, find };
}

const outcomes = ({ attempts }: Trail) =>
  attempts.map(({ provider, outcome, error }) => [provider, outcome, error]);

describe('a failure before the first word', () => {
  it('goes to the next candidate at once, and is told to health', async () => {
    const asked = providers({ one: [breaks], two: [whole('Yes.')] });
    const { trail, health, find } = searchFor([A, B]);
    const served = await inTime(find());
    expect(served.candidate).toBe(B);
    expect(asked.map(({ provider }) => provider)).toEqual(['one', 'two']);
    expect((asked[1]?.at ?? 0) - (asked[0]?.at ?? 0)).toBeLessThan(100);
    expect(outcomes(trail)).toEqual([
      ['one', 'failed', 'upstream_unreachable'],
      ['two', 'served', null],
    ]);
    expect(trail).toMatchObject({
      fallbackFrom: [A.endpoint.id],
      routingReason: 'fallback_error',
      candidate: B,
    });
    expect(health.observed).toMatchObject([{ endpoint: A.endpoint.id, outcome: 'error' }]);
  });

  it('is passed on where nobody could mend it', async () => {
    const asked = providers({ one: [refuses(400, {}, { message: 'Bad.' })], two: [whole('Yes.')] });
    const { health, find } = searchFor([A, B]);
    await expect(inTime(find())).rejects.toMatchObject({ code: 'upstream_invalid_request' });
    expect(asked).toHaveLength(1);
    expect(health.observed).toEqual([]);
  });

  it('leads to six calls at most, and to three of one endpoint', async () => {
    const asked = providers({ one: [refuses(503)], two: [breaks], three: [refuses(502)] });
    await expect(inTime(searchFor([A, B, C]).find())).rejects.toBeInstanceOf(GatewayError);
    expect(asked).toHaveLength(6);
    asked.length = 0;
    const alone = searchFor([A]);
    await expect(inTime(alone.find())).rejects.toMatchObject({ code: 'upstream_overloaded' });
    expect(asked).toHaveLength(3);
    expect(alone.trail.fallbackFrom).toEqual([]);
    asked.length = 0;
    await expect(inTime(searchFor([A, B], { policy: { max_attempts: 2 } }).find())).rejects.toMatchObject({
      code: 'upstream_unreachable',
    });
    expect(asked.map(({ provider }) => provider)).toEqual(['one', 'two']);
  });

  it('is waited out as long as the provider says', async () => {
    const asked = providers({ one: [refuses(429, { 'retry-after': '2' }), whole('Now.')] });
    await inTime(searchFor([A]).find());
    const waited = (asked[1]?.at ?? 0) - (asked[0]?.at ?? 0);
    expect(waited).toBeGreaterThanOrEqual(2_000);
    expect(waited).toBeLessThan(2_200);

    asked.length = 0;
    providers({ one: [refuses(429, { 'retry-after': '2' }), whole('Now.')] });
    const startedAt = Date.now();
    await expect(inTime(searchFor([A], { policy: { total_ms: 1_500 } }).find())).rejects.toMatchObject({
      code: 'upstream_rate_limited',
    });
    expect(Date.now() - startedAt).toBeLessThan(200);
  });

  it('of a continuation goes on even where the request itself would be refused', async () => {
    const asked = providers({ one: [refuses(400)], two: [refuses(422), whole('Yes.')] });
    const { call, pursuit } = searchFor([A, B]);
    const refused: string[] = [];
    const ask: Ask = {
      ours: true,
      requestFor: ({ provider }) =>
        changeRequest(call.request, { user: `${provider.id}-${refused.includes(provider.id) ? 2 : 1}` }),
      refused: ({ provider }) => provider.id === 'two' && refused.push(provider.id) === 1,
    };
    await inTime(pursuit.find(ask));
    expect(asked.map(({ body }) => body.user)).toEqual(['one-1', 'two-1', 'two-2']);
  });
});

describe('a refusal of sealed reasoning', () => {
  const sealed = { role: 'assistant', content: 'A', reasoning_details: [{ data: 'S' }] };
  const body = { messages: [sealed, { role: 'user', content: 'Hi' }] };
  const unreadable = (): Response =>
    Response.json({ error: { code: 'invalid_encrypted_content', message: 'No.' } }, { status: 400 });
  const hasIt = (asked: readonly { body: object }[]) =>
    asked.map(({ body: sent }) => JSON.stringify(sent).includes('reasoning_details'));

  it('leads to the same endpoint once more, without it, and speaks against nobody', async () => {
    const asked = providers({ one: [unreadable, whole('Yes.')] });
    const { trail, health, find } = searchFor([A, B], { body });
    const served = await inTime(find());
    expect(outcomes(trail)).toEqual([
      ['one', 'failed', 'upstream_invalid_request'],
      ['one', 'served', null],
    ]);
    expect(hasIt(asked)).toEqual([true, false]);
    expect(served.dropped).toEqual(['messages.reasoning_details']);
    expect([trail.fallbackFrom, trail.routingReason, health.observed]).toEqual([[], null, []]);
  });

  it('leads there where a single attempt is allowed, and parameters are required', async () => {
    providers({ one: [unreadable, whole('Yes.')] });
    const policy = { max_attempts: 1, require_parameters: true };
    const { find } = searchFor([A, B], { body, policy });
    expect((await inTime(find())).kind).toBe('whole');
  });

  it('is the answer when it comes again, or there was none in the request', async () => {
    const asked = providers({ one: [unreadable, unreadable, unreadable], two: [whole('Yes.')] });
    const refused = { code: 'upstream_invalid_request', upstream: { code: 'invalid_encrypted_content' } };
    await expect(inTime(searchFor([A, B], { body }).find())).rejects.toMatchObject(refused);
    await expect(inTime(searchFor([A, B]).find())).rejects.toMatchObject(refused);
    expect(hasIt(asked)).toEqual([true, false, false]);
  });

  it('is of one endpoint: the next is asked with it', async () => {
    const asked = providers({ one: [unreadable, refuses(503)], two: [unreadable, whole('Yes.')] });
    const { find } = searchFor([A, B], { body });
    expect(await inTime(find())).toMatchObject({ candidate: B });
    expect(hasIt(asked)).toEqual([true, false, true, false]);
  });
});

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

describe('circuits', () => {
  const half = (): FakeHealth => {
    const known = new FakeHealth();
    known.circuits[A.endpoint.id] = 'half_open';
    return known;
  };

  it('that are open are passed over, unless all are', async () => {
    const known = new FakeHealth();
    known.circuits[A.endpoint.id] = 'open';
    providers({ one: [whole('1')], two: [whole('2')] });
    const { trail, find } = searchFor([A, B], { health: known });
    expect((await inTime(find())).candidate).toBe(B);
    expect(trail).toMatchObject({ routingReason: 'circuit_open', fallbackFrom: [] });
    known.circuits[B.endpoint.id] = 'open';
    expect((await inTime(searchFor([A, B], { health: known }).find())).candidate).toBe(A);
  });

  it('that are half-open let one request through at a time', async () => {
    const known = half();
    const asked = providers({ one: [late(500, whole('1'))], two: [whole('2')] });
    const [first, second] = [searchFor([A, B], { health: known }), searchFor([A, B], { health: known })];
    const [one, two] = await inTime(Promise.all([first.find(), second.find()]));
    expect([one?.candidate, two?.candidate]).toEqual([A, B]);
    expect(asked.filter(({ provider }) => provider === 'one')).toHaveLength(1);
    expect(second.trail.routingReason).toBe('circuit_open');
    // What it taught is told when the answer has ended.
    expect(known.claimed).toEqual(new Set([A.endpoint.id]));
  });

  it.each<[string, Script[], Setup, number]>([
    ['the caller was at fault', [refuses(400)], {}, 0],
    ['the credential was at fault', [refuses(401)], {}, 0],
    ['another was first', [silent], { policy: { slo_ms: 50 }, body: { stream: true } }, 0],
    ['it failed', [refuses(503)], {}, 1],
  ])('get their probe back only where it taught nothing: %s', async (_, script, setup, told) => {
    const known = half();
    providers({ one: script, two: [setup.body ? streams('2') : whole('2')] });
    await inTime(
      searchFor([A, B], { ...setup, health: known })
        .find()
        .catch(() => null),
    );
    expect(known.observed).toHaveLength(told);
    expect(known.claimed.has(A.endpoint.id)).toBe(told === 1);
  });

  it('do not take the probe of another request back', async () => {
    const known = half();
    known.claimProbe(A.endpoint.id);
    providers({ two: [refuses(400)] });
    await inTime(
      searchFor([A, B], { health: known })
        .find()
        .catch(() => null),
    );
    expect(known.claimed).toEqual(new Set([A.endpoint.id]));
  });
});

describe('a client that leaves', () => {
  it('ends the call that is under way, and teaches nothing', async () => {
    const known = new FakeHealth();
    known.circuits[A.endpoint.id] = 'half_open';
    const asked = providers({ one: [silent], two: [whole('2')] });
    const { trail, find } = searchFor([A, B], { health: known });
    setTimeout(() => trail.brake.pull(gone), 300);
    await expect(inTime(find())).rejects.toBe(gone);
    expect(asked.map(({ provider, signal }) => [provider, signal.aborted])).toEqual([['one', true]]);
    expect(outcomes(trail)).toEqual([['one', 'cancelled', 'client_closed_request']]);
    expect(known.observed).toEqual([]);
    expect(known.claimed.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends both of a hedge', async () => {
    const asked = providers({ one: [silent], two: [silent] });
    const { trail, find } = searchFor([A, B], { policy: { slo_ms: 100 }, body: { stream: true } });
    setTimeout(() => trail.brake.pull(gone), 300);
    await expect(inTime(find())).rejects.toBe(gone);
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(trail.attempts.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
  });

  it('ends the wait for another try', async () => {
    const asked = providers({ one: [refuses(429, { 'retry-after': '20' })] });
    const { trail, find } = searchFor([A]);
    setTimeout(() => trail.brake.pull(gone), 300);
    const startedAt = Date.now();
    await expect(inTime(find())).rejects.toBe(gone);
    expect(Date.now() - startedAt).toBeLessThan(500);
    expect(asked).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a stream that broke', () => {
  const error = new GatewayError('upstream_incomplete');
  const STREAM = { body: { stream: true } };

  it('is continued by another endpoint, never by its own', async () => {
    const asked = providers({ one: [streams('1')], two: [refuses(400)], three: [streams('3')] });
    const { call, trail, pursuit, find } = searchFor([A, B, C], STREAM);
    await inTime(find());
    const ask: Ask = { ...ownRequest(call.request), ours: true };
    const served = await inTime(pursuit.find(ask, { candidate: A, error, afresh: false }));
    expect(served.candidate).toBe(C);
    expect(asked.map(({ provider }) => provider)).toEqual(['one', 'two', 'three']);
    expect(trail.fallbackFrom).toEqual([A.endpoint.id, B.endpoint.id]);
  });

  it('has nobody to go on with it where there is no other', async () => {
    const asked = providers({ one: [streams('1')] });
    const { call, pursuit, find } = searchFor([A], STREAM);
    await inTime(find());
    const again = pursuit.find(ownRequest(call.request), { candidate: A, error, afresh: false });
    await expect(inTime(again)).rejects.toBe(error);
    expect(asked).toHaveLength(1);
  });

  it('begins anew at its own endpoint where nothing of it went out', async () => {
    const asked = providers({ one: [streams(''), streams('1')] });
    const { call, trail, pursuit, find } = searchFor([A], STREAM);
    await inTime(find());
    const again = pursuit.find(ownRequest(call.request), { candidate: A, error, afresh: true });
    expect((await inTime(again)).candidate).toBe(A);
    expect(asked).toHaveLength(2);
    expect(trail.fallbackFrom).toEqual([]);
  });

  it('has time to be continued however long it took', async () => {
    providers({ two: [late(20_000, streams('2'))] });
    const { call, pursuit } = searchFor([A, B], { ...STREAM, startedAt: Date.now() - 3_000_000 });
    const found = pursuit.find(ownRequest(call.request), { candidate: A, error, afresh: false });
    expect((await inTime(found)).candidate).toBe(B);
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
