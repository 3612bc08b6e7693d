import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { Wake, wakeBudget } from '../../../src/gateway/attempt/wake.ts';
import { Brake } from '../../../src/gateway/relay/cutoff.ts';
import { FakeHealth, inTime } from './support.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Wakes are the isolate's: each test has its own endpoint. */
let endpoints = 0;
const anEndpoint = (): string => `v/s@sleepy-${endpoints++}`;

/** One request's part. */
function part(budgetMs = 60_000) {
  const [brake, health] = [new Brake(), new FakeHealth()];
  return { wake: new Wake(budgetMs, brake, health, () => {}), brake, health };
}

/** How long something takes, milliseconds. */
async function timed(promise: Promise<unknown>): Promise<number> {
  const startedAt = Date.now();
  await inTime(promise);
  return Date.now() - startedAt;
}

it.each([
  [{}, 480_000],
  [{ max_wake_ms: 5_000 }, 5_000],
  [{ max_wake_ms: 0 }, 0],
  [{ max_wake_ms: 900_000 }, 600_000],
])('the budget of %j is %i ms', (policy, ms) => {
  expect(wakeBudget(policy)).toBe(ms);
});

describe('one request', () => {
  it.each([
    ['as late as the provider says', 3_000, 3_000],
    ['after five seconds where it says nothing', 0, 5_000],
    ['no sooner than in a second', 10, 1_000],
    ['no later than in a quarter of a minute', 90_000, 15_000],
  ])('asks again %s', async (_, saidMs, ms) => {
    const id = anEndpoint();
    const { wake } = part();
    wake.began(id, Date.now());
    expect(await timed(wake.awaitTurn(id, saidMs))).toBe(ms);
    expect(await timed(wake.awaitTurn(id, saidMs))).toBe(ms);
  });

  it('tells health that it waits, and that it need not any more', () => {
    const id = anEndpoint();
    const { wake, health } = part();
    const since = Date.now();
    wake.began(id, since);
    wake.began(id, since + 5);
    wake.ended(id);
    wake.ended(id);
    expect(health.woken).toEqual([
      [id, since],
      [id, null],
    ]);
  });

  it('gives up when its budget is spent, from when it began to wait', async () => {
    const id = anEndpoint();
    const { wake } = part(8_000);
    wake.began(id, Date.now());
    const startedAt = Date.now();
    await inTime(wake.awaitTurn(id, 0));
    await expect(inTime(wake.awaitTurn(id, 0))).rejects.toMatchObject({
      code: 'wake_timeout',
      retryAfterMs: 60_000,
      message: `${id} is scaled to zero and was not ready after 8 s. Nothing was charged.`,
    });
    expect(Date.now() - startedAt).toBe(8_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits no longer when its client has gone', async () => {
    const id = anEndpoint();
    const { wake, brake } = part();
    const gone = new GatewayError('client_closed_request');
    wake.began(id, Date.now());
    setTimeout(() => brake.pull(gone), 700);
    const startedAt = Date.now();
    await expect(inTime(wake.awaitTurn(id, 0))).rejects.toBe(gone);
    expect(Date.now() - startedAt).toBe(700);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('several requests', () => {
  it('ask one at a time', async () => {
    const id = anEndpoint();
    const [one, two] = [part(), part()];
    const startedAt = Date.now();
    const turns: [string, number][] = [];
    for (const { wake } of [one, two]) wake.began(id, startedAt);
    const wait = async (name: string, { wake }: typeof one): Promise<void> => {
      for (let i = 0; i < 2; i++) {
        await wake.awaitTurn(id, 2_000);
        turns.push([name, Date.now() - startedAt]);
      }
    };
    await inTime(Promise.all([wait('one', one), wait('two', two)]));
    // Four calls, two seconds apart, whoever makes them.
    const at = turns.map(([, ms]) => ms);
    expect(at).toHaveLength(4);
    for (const [place, ms] of at.entries()) expect(ms - (at[place - 1] ?? 0)).toBeGreaterThanOrEqual(2_000);
  });

  it('all go when it has answered one of them', async () => {
    const id = anEndpoint();
    const [one, two, three] = [part(), part(), part()];
    for (const { wake } of [one, two, three]) wake.began(id, Date.now());
    setTimeout(() => one.wake.ended(id), 1_100);
    const waited = await timed(
      Promise.all([two.wake.awaitTurn(id, 15_000), three.wake.awaitTurn(id, 15_000)]),
    );
    expect(waited).toBeLessThanOrEqual(1_350);
    expect(one.health.woken.at(-1)).toEqual([id, null]);
  });

  it('do not wait for one that has gone', async () => {
    const id = anEndpoint();
    const [one, two] = [part(), part()];
    one.wake.began(id, Date.now());
    await inTime(one.wake.awaitTurn(id, 1_000));
    // Nothing was heard of it for over a minute: it is a wake of its own.
    await vi.advanceTimersByTimeAsync(62_000);
    two.wake.began(id, Date.now());
    expect(two.health.woken).toHaveLength(1);
    expect(await timed(two.wake.awaitTurn(id, 2_000))).toBe(2_000);
  });
});
