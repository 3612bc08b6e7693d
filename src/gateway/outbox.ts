import type { NanoUsd } from '../billing/money.ts';
import { configOf, type Env } from '../env.ts';
import { Batcher } from '../lib/batcher.ts';
import { tracesClient } from '../objects/traces/client.ts';
import { workspaceClient } from '../objects/workspace/client.ts';
import type { Settlement } from '../objects/workspace/types.ts';

/** Settlements that end within this time travel together. */
const GATHER_MS = 20;

/** An admission waits no longer than this for settlements that go before it. */
const FLUSH_MS = 250;

interface Item {
  env: Env;
  workspaceId: string;
  /** Unix milliseconds. */
  createdAt: number;
  /** JSON text. */
  receipt: string;
  settlement: Settlement;
}

/** What this isolate has yet to tell the objects of workspaces. */
export const outbox = new Batcher<Item>(deliver, GATHER_MS);

/**
 * Tells now what waits for company: near a limit, what an answer has given back must be known before the same
 * client asks again.
 */
export async function flushOutbox(waitUntil: (promise: Promise<unknown>) => void): Promise<void> {
  const delivery = outbox.flush()?.catch((cause: unknown) => {
    console.error(JSON.stringify({ error: 'settlement_failed', cause: String(cause) }));
  });
  if (!delivery) return;
  waitUntil(delivery);
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
  const [balance] = await Promise.all([
    workspaceClient(env, workspaceId).settle(group.map(({ settlement }) => settlement)),
    tracesClient(env, workspaceId).record(generations),
  ]);
  if (configOf(env).payments) await topUp(env, workspaceId, balance);
}

/** Buys credits where the workspace wants that of so low a balance. What fails is tried again by the hourly job. */
async function topUp(env: Env, workspaceId: string, balance: NanoUsd): Promise<void> {
  try {
    const { considerAutoTopUp } = await import('../billing/payments/consider-auto-top-up.ts');
    await considerAutoTopUp(env, workspaceId, balance);
  } catch (cause) {
    console.warn(
      JSON.stringify({ warning: 'auto_top_up_failed', workspace: workspaceId, cause: String(cause) }),
    );
  }
}
