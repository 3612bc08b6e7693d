import { WorkerEntrypoint } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import type { BatchOrder } from '../objects/batch/types.ts';
import { type Place, type ResultFile, type Slice, writeSlice } from './write-results.ts';

/** Writes the files of batches for their Workflow, which is one invocation: each slice is another. */
export class BatchFilesEntrypoint extends WorkerEntrypoint<Env> {
  async writeSlice(order: BatchOrder, what: ResultFile, from: Place | null): Promise<Slice> {
    return await writeSlice(this.env, order, what, from);
  }
}
