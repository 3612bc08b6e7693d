import { and, eq } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { batches } from '../db/schema/batches.ts';
import { files } from '../db/schema/files.ts';
import type { Env } from '../env.ts';
import { createFile } from '../files/create.ts';
import { batchClient } from '../objects/batch/client.ts';
import type { BatchOrder, ResultEntry } from '../objects/batch/types.ts';
import { stored } from '../tenancy/storage.ts';
import { errorLine, stoppedLine } from './lines/error-line.ts';
import { resultsPrefix } from './lines/result-key.ts';

/** About so many bytes of results travel in one call. */
const PAGE_BYTES = 2 * 1024 * 1024;

const CONTENT_TYPE = 'application/jsonl';

/**
 * Writes the output or the error file of a batch from the results that its object holds. One that is written already
 * is left as it is.
 * @returns its id; null where it would be empty.
 * @throws GatewayError `storage_unavailable`.
 */
export async function writeResults(
  env: Env,
  order: BatchOrder,
  what: 'output' | 'errors',
): Promise<string | null> {
  const filename = `${order.batchId}_${what === 'output' ? 'output' : 'error'}.jsonl`;
  const written = await writtenBefore(env, order, filename);
  if (written !== null) return written;
  const first = await pageOf(env, order, what, 0);
  if (first.length === 0) return null;
  const expiresAfterS = await expiryOf(env, order);
  const { id } = await createFile(
    env,
    { ...order, actor: 'system' },
    {
      purpose: 'batch_output',
      filename,
      contentType: CONTENT_TYPE,
      ...(expiresAfterS === null ? {} : { expiresAfterS }),
    },
    linesOf(env, order, what, first),
  );
  return id;
}

/** Deletes what results R2 holds beside those files. */
export async function deleteResults(env: Env, order: BatchOrder): Promise<void> {
  for (;;) {
    const { objects, truncated } = await stored(env.FILES.list({ prefix: resultsPrefix(order) }));
    if (objects.length > 0) await stored(env.FILES.delete(objects.map(({ key }) => key)));
    if (!truncated) return;
  }
}

async function* linesOf(
  env: Env,
  order: BatchOrder,
  what: 'output' | 'errors',
  first: ResultEntry[],
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let page = first; page.length > 0; ) {
    for (const entry of page) yield encoder.encode(`${await textOf(env, order, entry)}\n`);
    page = await pageOf(env, order, what, page.at(-1)?.line ?? 0);
  }
}

async function pageOf(
  env: Env,
  { batchId }: BatchOrder,
  what: 'output' | 'errors',
  after: number,
): Promise<ResultEntry[]> {
  return await stored(batchClient(env, batchId).results(what === 'output', after, PAGE_BYTES));
}

async function textOf(
  env: Env,
  order: BatchOrder,
  { line, customId, text, file, stopped }: ResultEntry,
): Promise<string> {
  if (stopped !== null) return stoppedLine(order, { line, customId, attempt: 0 }, stopped);
  if (file === null) return text ?? '';
  const object = await stored(env.FILES.get(file));
  if (object) return await object.text();
  // One result that is gone must not cost the others.
  const fault = { code: 'internal_error', message: 'The result was lost.', param: null };
  return errorLine(order, { line, customId, attempt: 0 }, fault);
}

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
