import { createHash } from 'node:crypto';
import { idOf } from '../lib/id.ts';

/**
 * The id of the generation that an attempt at a line makes: always the same, so that the ledger, which knows ids,
 * bills it once.
 */
export function generationIdOf(
  batch: { batchId: string; createdAt: number },
  line: number,
  attempt: number,
): string {
  const digest = createHash('sha256').update(`${batch.batchId}:${line}:${attempt}`).digest();
  return idOf('generation', batch.createdAt, digest.subarray(0, 16));
}

/** The id of the file that keeps the sound of such a generation. */
export function speechFileIdOf(generationId: string): string {
  return `file-${generationId.slice('gen_'.length)}`;
}
