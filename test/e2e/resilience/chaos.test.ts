import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Receipt } from '../../../src/telemetry/receipt.ts';
import { type Cast, type Stage, startStage } from '../../support/node/faulty/stage.ts';
import { taleOf, tellMe } from '../../support/node/faulty/tale.ts';
import { receiptOf } from '../../support/node/receipts.ts';
import { readStream } from '../../support/node/sse.ts';

const REQUESTS = 2_000;
const AT_ONCE = 32;
const SEED = 20_261_121;

/** One in five answers of the first four goes wrong; the last two are healthy. */
const CAST = ['chaos-20', 'chaos-20', 'chaos-20', 'chaos-20', 'ok', 'ok'];

/** So many endpoints are ever asked for one request: each as often as a single 500 allows. */
const MOST_CALLS = 6;

/** What takes longer is told by its name, rather than that the test took too long. */
const GIVEN_UP_MS = 60_000;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

/** Mulberry32: the same numbers from the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What becomes of each, in their order. */
async function someAtOnce<From, To>(from: readonly From[], make: (one: From) => Promise<To>): Promise<To[]> {
  const made: To[] = [];
  const waiting = from.entries();
  const worker = async (): Promise<void> => {
    for (const [place, one] of waiting) made[place] = await make(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return made;
}

interface Ended {
  tag: string;
  problem: string | null;
  /** USD as the answer itself says it. */
  said: number | null | undefined;
  response: Response;
}

async function ask(caller: Pick<Stage, 'chat'>, cast: Cast, tag: string, stream: boolean): Promise<Ended> {
  const messages = [{ role: 'user', content: tellMe(tag, 8) }];
  const policy = { idle_ms: 1_500, first_token_ms: 3_000 };
  const body = { model: cast.model, messages, stream, policy, max_tokens: 200 };
  const response = await caller.chat(body, { signal: AbortSignal.timeout(GIVEN_UP_MS) }).catch((cause) => {
    throw new Error(`${tag} of ${cast.model} was not answered`, { cause });
  });
  const ended = { tag, said: null, response };
  try {
    if (stream) {
      const { text, ending, last } = await readStream(response);
      const problem = ending === 'credits' && text === taleOf(tag, 8) ? null : `${ending}: ${text}`;
      return { ...ended, problem, said: last.credits_used };
    }
    const raw = await response.text();
    const content = JSON.parse(raw).choices?.[0]?.message.content;
    const problem = response.status === 200 && content === taleOf(tag, 8) ? null : raw;
    return { ...ended, problem, said: Number(response.headers.get('x-credits-used')) };
  } catch (cause) {
    return { ...ended, problem: String(cause) };
  }
}

const nano = (usd: number | null | undefined): number => Math.round((usd ?? Number.NaN) * 1e9);

/** What a receipt must come to by its own usage, at 2 and 10 USD per 1M tokens. */
function owed({ parts, usage }: Receipt): number {
  const pieces = parts.length > 0 ? parts.map((part) => part.usage) : [usage];
  return pieces.reduce((sum, piece) => {
    return sum + 2_000 * (piece?.inputTokens ?? Number.NaN) + 10_000 * (piece?.outputTokens ?? Number.NaN);
  }, 0);
}

test('2,000 requests while one in five upstream calls fails: all whole, and each paid once', async () => {
  const random = randomFrom(SEED);
  const caller = await stage.newCaller();
  // Several models, so that no circuit keeps all of the traffic away from those that fail.
  const casts = await Promise.all(Array.from({ length: 4 }, () => stage.cast(CAST)));
  const asks = Array.from({ length: REQUESTS }, (_, at) => ({
    tag: `r${at}`,
    stream: random() < 0.6,
    cast: casts[Math.floor(random() * casts.length)] as Cast,
  }));
  const ended = await someAtOnce(asks, ({ cast, tag, stream }) => ask(caller, cast, tag, stream));

  expect(stage.simulator.complaints).toEqual([]);
  expect(ended.filter(({ problem }) => problem !== null).map(({ tag, problem }) => [tag, problem])).toEqual(
    [],
  );
  expect(ended).toHaveLength(REQUESTS);

  const receipts = await someAtOnce(ended, ({ response }) => receiptOf(caller, response));
  for (const [place, receipt] of receipts.entries()) {
    const said = ended[place]?.said;
    expect(receipt.status).toBe('completed');
    expect(nano(receipt.credits_used)).toBe(nano(said));
    expect(nano(receipt.credits_used)).toBe(owed(receipt));
    expect(receipt.attempts.length).toBeLessThanOrEqual(MOST_CALLS);
    // Each call that the receipt knows was made, and none more.
    expect(receipt.attempts.filter(({ outcome }) => outcome === 'served')).toHaveLength(1);
  }
  expect(new Set(receipts.map(({ id }) => id)).size).toBe(REQUESTS);
  const calls = casts.flatMap((cast) => CAST.map((_, place) => cast.seen(place))).flat();
  const made = receipts.flatMap(({ attempts }) => attempts);
  expect(calls.length).toBeLessThanOrEqual(made.length);
  // On a busy machine a call may be over its time before it has arrived.
  const arrived = made.filter(({ error }) => error !== 'upstream_timeout');
  expect(calls.length).toBeGreaterThanOrEqual(arrived.length);

  // It was chaos indeed, of all kinds.
  const failed = made.filter(({ outcome }) => outcome !== 'served');
  expect(failed.length).toBeGreaterThan(REQUESTS / 20);
  expect(new Set(failed.map(({ error }) => error)).size).toBeGreaterThanOrEqual(5);
  expect(receipts.filter(({ parts }) => parts.length > 1).length).toBeGreaterThan(20);

  // The ledger has what the receipts say, and nothing is held back any more.
  const spent = receipts.reduce((sum, { credits_used }) => sum + nano(credits_used), 0);
  const workspace = `/api/workspaces/${caller.workspace}`;
  const left = async () => nano((await stage.api<{ credits: number }>('GET', workspace)).credits);
  await expect.poll(left, { timeout: 10_000 }).toBe(100e9 - spent);
  const { lines } = await stage.api<{ lines: { amount_usd: number }[] }>('GET', `${workspace}/usage`);
  expect(lines.reduce((sum, { amount_usd }) => sum + nano(amount_usd), 0)).toBe(spent);
  const used = async () =>
    (await stage.api<{ concurrent: { used: number } }>('GET', `${workspace}/limits`)).concurrent?.used ?? 0;
  await expect.poll(used).toBe(0);
}, 120_000);
