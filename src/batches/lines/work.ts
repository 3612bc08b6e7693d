import { configOf, type Env } from '../../env.ts';
import { roomAtFirst } from '../../files/quota.ts';
import { type BatchClient, batchClient } from '../../objects/batch/client.ts';
import type { BatchOrder, Outcome, SlotMessage, SlotWork } from '../../objects/batch/types.ts';
import { keyHashOf } from '../../tenancy/keys/hash.ts';
import { noteProgress } from '../progress.ts';
import { SPEECH } from '../speech/sweep.ts';
import { inputOf } from './plan.ts';
import type { CallLine } from './props.ts';
import { ReadAhead } from './read-ahead.ts';
import { type LineContext, runLine } from './run.ts';

/**
 * One consumer runs no more lines: a request may lead to 32 calls of Workers
 * (https://developers.cloudflare.com/workers/runtime-apis/bindings/service-bindings/#limits).
 */
const LINES_PER_TURN = 24;

/** One consumer begins no line later: it lives for 15 minutes, and an answer may take 10. */
const BEGIN_WITHIN_MS = 4 * 60 * 1000;

/** Who has to wait longer leaves the slot to a later message, milliseconds. */
const LONGEST_STAY_MS = 15_000;

/** A consumer is heard of so often before it counts as gone. */
const BEATS_PER_LEASE = 6;

/** After a fault that is no line's, milliseconds. */
const REST_MS = 10_000;

/**
 * Runs lines of a batch, some at a time, for a message of the queue; those that are left have a message of their own.
 * @param call reaches the gateway's own entrypoint for lines.
 */
export async function workSlot(env: Env, message: SlotMessage, call: CallLine): Promise<void> {
  const batch = batchClient(env, message.batchId);
  const work = await batch.enter(message);
  if (!work) return;
  const beating = setInterval(() => void batch.beat(message).catch(() => {}), work.leaseMs / BEATS_PER_LEASE);
  try {
    await batch.leave(message, await workLines(env, batch, message, work, call));
  } catch (cause) {
    console.error(
      JSON.stringify({ error: 'batch_slot_failed', batch: message.batchId, cause: String(cause) }),
    );
    await batch.leave(message, REST_MS);
  } finally {
    clearInterval(beating);
  }
}

/** Whether answers that are files have no room. What is under way may go over it: it has been paid for. */
async function isFull(env: Env, order: BatchOrder): Promise<boolean> {
  if (order.endpoint !== SPEECH) return false;
  return (await roomAtFirst(env, order, configOf(env).fileQuotaBytes, null)) <= 0;
}

/** @returns when the slot is to go on, milliseconds from now; null where nothing is left. */
async function workLines(
  env: Env,
  batch: BatchClient,
  message: SlotMessage,
  { order, lanes }: SlotWork,
  call: CallLine,
): Promise<number | null> {
  const [file, keyHash, full] = await Promise.all([
    inputOf(env, order),
    keyHashOf(env, order.workspaceId, order.keyId),
    isFull(env, order),
  ]);
  const context: LineContext = {
    env,
    order,
    file: file && new ReadAhead(env, file),
    keyHash,
    call,
    full,
  };
  const until = Date.now() + BEGIN_WITHIN_MS;
  let left = LINES_PER_TURN;
  let delayMs: number | null = null;
  const soon = (ms: number): void => {
    delayMs = Math.min(delayMs ?? ms, ms);
  };
  const lane = async (): Promise<void> => {
    for (let outcome: Outcome | null = null; ; ) {
      const wanted = left > 0 && Date.now() < until;
      if (wanted) left--;
      else soon(0);
      if (!wanted && !outcome) return;
      const claim = await batch.next(message, outcome, wanted);
      outcome = null;
      if (claim.kind === 'line') {
        outcome = await runLine(context, claim.claimed);
        continue;
      }
      if (wanted) left++;
      if (claim.kind === 'over') return;
      // Others of this slot may be at it for long: who waits a little stays.
      if (claim.ms > LONGEST_STAY_MS || Date.now() + claim.ms >= until) return soon(claim.ms);
      await new Promise((resolve) => setTimeout(resolve, claim.ms));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await noteProgress(env, order, await batch.progress());
  return delayMs;
}
