import type { NanoUsd } from '../../billing/money.ts';
import { configOf, type Env } from '../../env.ts';
import { Batcher } from '../../lib/batcher.ts';
import { tracesClient } from '../../objects/traces/client.ts';
import type { Settlement } from '../../objects/workspace/types.ts';
import { exchange, giveBackIdle, laneOf } from '../admission/exchange.ts';
import type { Call } from '../types.ts';

/** Settlements that end within this time travel together. */
const GATHER_MS = 20;

/** An admission waits no longer than this for settlements that go before it. */
const FLUSH_MS = 250;

interface Item {
  env: Env;
  workspaceId: string;
  /** Whose requests it counts for. */
  lane: string;
  /** Unix milliseconds. */
  createdAt: number;
  /** JSON text. */
  receipt: string;
  settlement: Settlement;
}

/** What this isolate has yet to tell the objects of workspaces. */
const outbox = new Batcher<Item>(deliver, GATHER_MS);

/** Sends the receipt (JSON text) and the settlement of a call to storage, in `waitUntil`. */
export function post(
  { env, caller, startedAt, waitUntil }: Call,
  receipt: string,
  settlement: Settlement,
): void {
  const { workspaceId } = caller;
  const lane = laneOf(caller);
  const delivery = outbox.add({ env, workspaceId, lane, createdAt: startedAt, receipt, settlement });
  if (delivery) waitUntil(delivery.finally(() => giveBackIdle(env)));
}

/** Sends both at once, alone. @throws where storage fails, after some repetitions. */
export function postNow(
  { env, caller, startedAt, waitUntil }: Call,
  receipt: string,
  settlement: Settlement,
): Promise<void> {
  const { workspaceId } = caller;
  const item = { env, workspaceId, lane: laneOf(caller), createdAt: startedAt, receipt, settlement };
  const alone = new Batcher<Item>(deliver, 0);
  alone.add(item)?.catch(() => {});
  const delivery = alone.flush() ?? Promise.resolve();
  waitUntil(delivery.catch(() => {}).finally(() => giveBackIdle(env)));
  return delivery;
}

/**
 * Tells now what waits for company: near a limit, what an answer has given back must be known before the same
 * client asks again.
 */
export async function flushOutbox({ env, waitUntil }: Pick<Call, 'env' | 'waitUntil'>): Promise<void> {
  const delivery = outbox.flush()?.catch((cause: unknown) => {
    console.error(JSON.stringify({ error: 'settlement_failed', cause: String(cause) }));
  });
  if (!delivery) return;
  waitUntil(delivery.then(() => giveBackIdle(env)));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FLUSH_MS);
  });
  await Promise.race([delivery, late]);
  clearTimeout(timer);
}

/** One call per workspace and object, whatever the number of generations. Safe to repeat. */
async function deliver(items: Item[]): Promise<void> {
  const byWorkspace = Map.groupBy(items, (item) => item.workspaceId);
  await Promise.all([...byWorkspace].map(([workspaceId, group]) => deliverTo(workspaceId, group)));
}

async function deliverTo(workspaceId: string, group: Item[]): Promise<void> {
  const env = group[0]?.env;
  if (!env) return;
  const generations = group.map(({ settlement, createdAt, receipt }) => ({
    id: settlement.id,
    createdAt,
    receipt,
  }));
  const lanes = new Map(group.map(({ lane, settlement }) => [lane, settlement.scopes]));
  const settlements = group.map(({ settlement }) => settlement);
  const [balance] = await Promise.all([
    exchange(env, workspaceId, lanes, settlements),
    tracesClient(env, workspaceId).record(generations),
  ]);
  if (configOf(env).payments) await topUp(env, workspaceId, balance);
}

/** Buys credits where the workspace wants that of so low a balance. What fails is tried again by the hourly job. */
async function topUp(env: Env, workspaceId: string, balance: NanoUsd): Promise<void> {
  try {
    const { considerAutoTopUp } = await import('../../billing/payments/consider-auto-top-up.ts');
    await considerAutoTopUp(env, workspaceId, balance);
  } catch (cause) {
    console.warn(
      JSON.stringify({ warning: 'auto_top_up_failed', workspace: workspaceId, cause: String(cause) }),
    );
  }
}
