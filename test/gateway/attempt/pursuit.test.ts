import { describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { ownRequest } from '../../../src/gateway/attempt/own-request.ts';
import type { Ask } from '../../../src/gateway/attempt/served.ts';
import { changeRequest } from '../../../src/gateway/requests/change-request.ts';
import { A, B, C, fakeTime, outcomes, searchFor } from './search.ts';
import { breaks, FakeHealth, inTime, late, providers, refuses, silent, streams, whole } from './support.ts';

const gone = new GatewayError('client_closed_request');

fakeTime();

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
