import { LruMap } from '../lib/lru.ts';

/** Receipts written by this isolate, readable before storage has them. */
const recent = new LruMap<string, string>(1000);

/** Keeps a receipt (JSON text) for `findRecentReceipt`. */
export function rememberReceipt(workspaceId: string, generationId: string, receipt: string): void {
  recent.set(`${workspaceId}/${generationId}`, receipt);
}

/** A receipt of this workspace that this isolate wrote lately, as JSON text. */
export function findRecentReceipt(workspaceId: string, generationId: string): string | undefined {
  return recent.get(`${workspaceId}/${generationId}`);
}
