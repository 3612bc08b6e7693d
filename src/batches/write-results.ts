import { and, eq } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { batches } from '../db/schema/batches.ts';
import { files } from '../db/schema/files.ts';
import type { Env } from '../env.ts';
import { insertFile } from '../files/insert.ts';
import { objectKey } from '../files/object-key.ts';
import type { StoredFile } from '../files/types.ts';
import { PART_BYTES, type SentParts, Upload } from '../files/upload.ts';
import { newId } from '../lib/id.ts';
import { batchClient } from '../objects/batch/client.ts';
import type { BatchOrder, ResultEntry } from '../objects/batch/types.ts';
import { stored } from '../tenancy/storage.ts';
import { errorLine, stoppedLine } from './lines/error-line.ts';
import { resultsPrefix } from './lines/result-key.ts';

/** About so many bytes of results travel in one call. */
const PAGE_BYTES = 2 * 1024 * 1024;

const CONTENT_TYPE = 'application/jsonl';

/** A slice makes so many calls at most, but for what a line still needs: an invocation has 10,000 at most. */
const MOST_CALLS = 1_000;

/** Which file of a batch. */
export type ResultFile = 'output' | 'errors';

/** Where the next slice of a file begins. */
export interface Place {
  fileId: string;
  /** Unix milliseconds. */
  createdAt: number;
  sent: SentParts;
  /** Behind this line, and behind so many bytes of the next one. */
  after: number;
  skip: number;
}

/** What a slice came to: the file's id, null where it would be empty; or where to go on. */
export type Slice = { fileId: string | null; next: null } | { next: Place };

/**
 * Writes a slice of the output or the error file of a batch from the results that its object holds, and makes the
 * file with the last one. Each may be repeated; a file that is written already is left as it is.
 * @param from where the slice before ended; null for the first.
 * @throws GatewayError `storage_unavailable`.
 */
export async function writeSlice(
  env: Env,
  order: BatchOrder,
  what: ResultFile,
  from: Place | null,
  mostCalls = MOST_CALLS,
): Promise<Slice> {
  const filename = `${order.batchId}_${what === 'output' ? 'output' : 'error'}.jsonl`;
  const written = from ? null : await writtenBefore(env, order, filename);
  if (written !== null) return { fileId: written, next: null };
  const { createdAt, fileId } = from ?? newFile();
  const key = objectKey(order.workspaceId, fileId);
  // Complete, if this slice is a repetition.
  let bytes = from ? ((await stored(env.FILES.head(key)))?.size ?? null) : null;
  if (bytes === null) {
    const upload = new Upload(env.FILES, key, from?.sent);
    try {
      const reached = await copyLines(env, order, what, upload, from, mostCalls);
      if (reached) return { next: { fileId, createdAt, ...reached } };
      if (upload.size === 0) return { fileId: null, next: null };
      await upload.finish();
    } catch (thrown) {
      // A later slice begins anew from where the one before ended.
      if (!from) await upload.abort();
      throw thrown;
    }
    bytes = upload.size;
  }
  const { workspaceId, projectId } = order;
  const expiresAfterS = await expiryOf(env, order);
  const row: StoredFile = {
    id: fileId,
    workspaceId,
    projectId,
    purpose: 'batch_output',
    filename,
    contentType: CONTENT_TYPE,
    bytes,
    createdAt,
    expiresAt: expiresAfterS === null ? null : createdAt + expiresAfterS * 1000,
    idempotencyKey: null,
    digest: null,
  };
  await insertFile(env, { ...order, actor: 'system' }, row, Number.POSITIVE_INFINITY);
  return { fileId, next: null };
}

/** Deletes what results R2 holds beside those files. */
export async function deleteResults(env: Env, order: BatchOrder): Promise<void> {
  for (;;) {
    const { objects, truncated } = await stored(env.FILES.list({ prefix: resultsPrefix(order) }));
    if (objects.length > 0) await stored(env.FILES.delete(objects.map(({ key }) => key)));
    if (!truncated) return;
  }
}

function newFile(): { fileId: string; createdAt: number } {
  const createdAt = Date.now();
  return { fileId: newId('file', createdAt), createdAt };
}

/** Copies lines until they end, or the calls do: then it says how far they were sent. */
async function copyLines(
  env: Env,
  order: BatchOrder,
  what: ResultFile,
  upload: Upload,
  from: Place | null,
  mostCalls: number,
): Promise<Pick<Place, 'sent' | 'after' | 'skip'> | null> {
  let { after, skip } = from ?? { after: 0, skip: 0 };
  let calls = 0;
  /** Where lines begin in the file, from the one on that has not been sent whole. */
  let unsent: { after: number; start: number }[] = [];
  let start = upload.size - skip;
  for (;;) {
    const page = await pageOf(env, order, what, after);
    calls++;
    if (page.length === 0) return null;
    for (const entry of page) {
      unsent.push({ after, start });
      if (entry.file !== null) calls++;
      for await (const piece of bytesOf(env, order, entry)) {
        start += piece.byteLength;
        const rest = piece.subarray(skip);
        skip -= piece.byteLength - rest.byteLength;
        await upload.write(rest);
      }
      after = entry.line;
      const { sent } = upload;
      if (!sent) continue;
      const end = sent.parts.length * PART_BYTES;
      const whole = unsent.findLastIndex((line) => line.start <= end);
      unsent = unsent.slice(Math.max(whole, 0));
      const parts = sent.parts.length - (from?.sent.parts.length ?? 0);
      const [first] = unsent;
      if (parts > 0 && first && calls + parts >= mostCalls) {
        return { sent, after: first.after, skip: end - first.start };
      }
    }
  }
}

async function pageOf(
  env: Env,
  { batchId }: BatchOrder,
  what: ResultFile,
  after: number,
): Promise<ResultEntry[]> {
  return await stored(batchClient(env, batchId).results(what === 'output', after, PAGE_BYTES));
}

/** A line with its end. */
async function* bytesOf(
  env: Env,
  order: BatchOrder,
  { line, customId, text, file, stopped }: ResultEntry,
): AsyncGenerator<Uint8Array> {
  const named = { line, customId, attempt: 0 };
  if (stopped !== null) yield encoded(stoppedLine(order, named, stopped));
  else if (file === null) yield encoded(text ?? '');
  else {
    const object = await stored(env.FILES.get(file));
    // One result that is gone must not cost the others.
    const fault = { code: 'internal_error', message: 'The result was lost.', param: null };
    if (object) yield* object.body;
    else yield encoded(errorLine(order, named, fault));
  }
  yield LINE_END;
}

const encoder = new TextEncoder();
const encoded = (text: string): Uint8Array => encoder.encode(text);
const LINE_END = encoded('\n');

/** The file of this name, which nothing but this step of this batch writes. */
async function writtenBefore(
  env: Env,
  { workspaceId, projectId }: BatchOrder,
  filename: string,
): Promise<string | null> {
  const row = await stored(
    database(env.DB)
      .select({ id: files.id })
      .from(files)
      .where(
        and(
          eq(files.workspaceId, workspaceId),
          eq(files.projectId, projectId),
          eq(files.purpose, 'batch_output'),
          eq(files.filename, filename),
        ),
      )
      .get(),
  );
  return row?.id ?? null;
}

async function expiryOf(env: Env, { batchId, workspaceId }: BatchOrder): Promise<number | null> {
  const row = await stored(
    database(env.DB)
      .select({ seconds: batches.outputExpiresAfterS })
      .from(batches)
      .where(and(eq(batches.id, batchId), eq(batches.workspaceId, workspaceId)))
      .get(),
  );
  return row?.seconds ?? null;
}
