import type { BatchOrder } from '../../objects/batch/types.ts';

/** Where a batch keeps results that are large, until it has written its files. */
export function resultsPrefix({ workspaceId, batchId }: BatchOrder): string {
  return `${workspaceId}/batches/${batchId}/`;
}

export function resultKey(order: BatchOrder, line: number, attempt: number): string {
  return `${resultsPrefix(order)}${line}-${attempt}`;
}
