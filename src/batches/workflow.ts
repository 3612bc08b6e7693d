import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import { type BatchOrder, PROGRESS_EVENT } from '../objects/batch/types.ts';
import type { BatchFilesEntrypoint } from './files-entrypoint.ts';
import { planLines } from './lines/plan.ts';
import { beginRun, endBatch, failBatch, finalizeBatch, lookAt } from './steps.ts';
import type { Place, ResultFile, Slice } from './write-results.ts';

/** Storage may be gone for about an hour and a half. */
const PATIENT = {
  retries: { limit: 30, delay: '10 seconds', backoff: 'linear' },
  timeout: '30 minutes',
} as const;

/** The object tells when something has happened; it is looked at in any case so often, milliseconds. */
const LOOK_EVERY_MS = 15 * 60 * 1000;

/**
 * Steers one batch: its lines are planned, run by the consumers of the queue, and written into files. Each step may be
 * repeated. A Workflow has 1,024 steps at least, so lines are none: a batch of any size takes about 200 at most.
 */
export class BatchWorkflow extends WorkflowEntrypoint<Env, BatchOrder> {
  override async run(
    { payload: order }: Readonly<WorkflowEvent<BatchOrder>>,
    step: WorkflowStep,
  ): Promise<void> {
    const { env } = this;
    let begun = false;
    try {
      const refused = await step.do('plan lines', PATIENT, () => planLines(env, order));
      if (refused) {
        await step.do('fail', PATIENT, () => failBatch(env, order, [refused]));
        return;
      }
      begun = true;
      let look = await step.do('begin', PATIENT, () => beginRun(env, order));
      for (let round = 1; look.waitMs !== null; round++) {
        await waitForProgress(step, round, Math.min(look.waitMs, LOOK_EVERY_MS));
        look = await step.do(`look ${round}`, PATIENT, () => lookAt(env, order));
      }
      await step.do('finalize', PATIENT, () => finalizeBatch(env, order));
      const output = await this.#write(step, order, 'output');
      const errors = await this.#write(step, order, 'errors');
      await step.do('end', PATIENT, () => endBatch(env, order, output, errors));
    } catch (thrown) {
      console.error(JSON.stringify({ error: 'batch_failed', batch: order.batchId, cause: String(thrown) }));
      // What lines have come to, and cost, must not be lost: the job of the clock begins this anew.
      if (begun) throw thrown;
      const fault = { code: 'internal_error', message: 'The gateway failed.', line: null, param: null };
      await step.do('give up', PATIENT, () => failBatch(env, order, [fault]));
      throw thrown;
    }
  }

  /** Writes a file slice by slice, each in an invocation of its own: it may take more calls than one has. */
  async #write(step: WorkflowStep, order: BatchOrder, what: ResultFile): Promise<string | null> {
    const { BatchFilesEntrypoint } = this.ctx.exports as unknown as {
      BatchFilesEntrypoint: Service<BatchFilesEntrypoint>;
    };
    for (let from: Place | null = null, number = 1; ; number++) {
      const place: Place | null = from;
      const slice: Slice = await step.do(
        `write ${what} ${number}`,
        PATIENT,
        (): Promise<Slice> => BatchFilesEntrypoint.writeSlice(order, what, place),
      );
      if (!slice.next) return slice.fileId;
      from = slice.next;
    }
  }
}

/** Ends with the event, or when the time is up. */
async function waitForProgress(step: WorkflowStep, round: number, timeout: number): Promise<void> {
  try {
    await step.waitForEvent(`progress ${round}`, { type: PROGRESS_EVENT, timeout });
  } catch {
    // The time is up.
  }
}
