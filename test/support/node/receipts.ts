import { setTimeout as sleep } from 'node:timers/promises';
import type { Receipt } from '../../../src/telemetry/receipt.ts';
import type { Caller, World } from './world.ts';

/** How long a settlement may take to be readable, milliseconds. */
const PATIENCE_MS = 5_000;

/** The receipt of an answer, as soon as it is written. @throws Error when there is none in time. */
export async function receiptOf(caller: Pick<Caller, 'fetch'>, response: Response): Promise<Receipt> {
  const id = response.headers.get('x-generation-id');
  if (!id) throw new Error('The answer has no x-generation-id');
  return receiptById(caller, id);
}

export async function receiptById(caller: Pick<Caller, 'fetch'>, id: string): Promise<Receipt> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const response = await caller.fetch(`/v1/generations/${id}`);
    if (response.ok) return (await response.json()) as Receipt;
    if (response.status !== 404 || Date.now() > until)
      throw new Error(`The receipt answers ${response.status}: ${await response.text()}`);
    await sleep(20);
  }
}

/** USD that the caller's workspace can spend. */
export async function balance(world: World, caller: Caller): Promise<number> {
  const { credits } = await world.api<{ credits: number }>('GET', `/api/workspaces/${caller.workspace}`);
  return credits;
}

/** Waits until the balance is this, as settlements arrive a moment after the answer. */
export async function untilBalance(world: World, caller: Caller, expected: number): Promise<number> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const now = await balance(world, caller);
    if (now === expected || Date.now() > until) return now;
    await sleep(20);
  }
}
