import type { Bindings } from '../env.ts';
import { type Kept, MAX_KEPT_BYTES } from './types.ts';

type Files = Pick<Bindings, 'FILES'>;

/** Where R2 has a response. */
function fileOf(workspaceId: string, id: string): string {
  return `${workspaceId}/responses/${id}.json`;
}

/** @throws Error for what is too large to be kept, and as R2 does. */
export async function writeKept(
  { FILES }: Files,
  workspaceId: string,
  id: string,
  kept: Kept,
): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(kept));
  if (bytes.byteLength > MAX_KEPT_BYTES) {
    throw new Error(`A response of ${bytes.byteLength} bytes is too large to be kept`);
  }
  await FILES.put(fileOf(workspaceId, id), bytes, { httpMetadata: { contentType: 'application/json' } });
}

/** A response in R2, which is read when it is asked for. */
export interface KeptFile {
  /** Bytes. */
  size: number;
  read(): Promise<Kept>;
}

/** Null where there is none. */
export async function openKept({ FILES }: Files, workspaceId: string, id: string): Promise<KeptFile | null> {
  const object = await FILES.get(fileOf(workspaceId, id));
  return object && { size: object.size, read: () => object.json<Kept>() };
}

/** Up to a thousand at once. */
export async function deleteKept(
  { FILES }: Files,
  responses: readonly { workspaceId: string; id: string }[],
): Promise<void> {
  await FILES.delete(responses.map(({ workspaceId, id }) => fileOf(workspaceId, id)));
}
