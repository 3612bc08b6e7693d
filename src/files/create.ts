import { and, eq, type SQL, sql } from 'drizzle-orm';
import { auditRowIf } from '../db/audit.ts';
import { database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { files } from '../db/schema/files.ts';
import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { newId } from '../lib/id.ts';
import { stored } from '../tenancy/storage.ts';
import { objectKey } from './object-key.ts';
import type { ByteSource, FileAuthor, NewFile, StoredFile } from './types.ts';
import { Upload } from './upload.ts';

/** How much may be stored; absent: no limit. */
export interface FileLimits {
  /** Of the file, bytes. */
  maxBytes?: number;
  /** Of all files of the workspace together, bytes. */
  quotaBytes?: number;
}

/**
 * Stores a file while it comes: it is read no faster than it is written, and no more than a part of it is held
 * in memory. When anything fails, also reading `body`, neither a row nor an object is left.
 * @param file what it is; a function is asked when the body has been read, and may refuse it by throwing.
 * @throws GatewayError `request_too_large`, `storage_quota_exceeded`, `storage_unavailable`; what `body` and
 *   `file` throw.
 */
export async function createFile(
  env: Env,
  author: FileAuthor,
  file: NewFile | (() => NewFile | Promise<NewFile>),
  body: ByteSource,
  { maxBytes = Number.POSITIVE_INFINITY, quotaBytes = Number.POSITIVE_INFINITY }: FileLimits = {},
): Promise<StoredFile> {
  const left = quotaBytes - (Number.isFinite(quotaBytes) ? await storedBytes(env, author.workspaceId) : 0);
  const now = Date.now();
  const id = newId('file', now);
  const key = objectKey(author.workspaceId, id);
  const upload = new Upload(env.FILES, key);
  let described: NewFile;
  try {
    for await (const bytes of body) {
      if (upload.size + bytes.byteLength > maxBytes) throw tooLarge(maxBytes);
      if (upload.size + bytes.byteLength > left) throw overQuota(quotaBytes);
      await upload.write(bytes);
    }
    described = typeof file === 'function' ? await file() : file;
    await upload.finish();
  } catch (thrown) {
    await upload.abort();
    throw thrown;
  }
  const row: StoredFile = {
    id,
    workspaceId: author.workspaceId,
    projectId: author.projectId,
    purpose: described.purpose,
    filename: described.filename,
    contentType: described.contentType,
    bytes: upload.size,
    createdAt: now,
    expiresAt: described.expiresAt ?? null,
  };
  try {
    if (!(await insert(env, author, row, quotaBytes))) throw overQuota(quotaBytes);
  } catch (thrown) {
    await forget(env, row);
    throw thrown;
  }
  return row;
}

/** @returns whether there was room for it. */
async function insert(env: Env, author: FileAuthor, row: StoredFile, quotaBytes: number): Promise<boolean> {
  const db = database(env.DB);
  const room: SQL = Number.isFinite(quotaBytes)
    ? sql`(select coalesce(sum(${files.bytes}), 0) from ${files} where ${files.workspaceId} = ${row.workspaceId}) <= ${quotaBytes - row.bytes}`
    : sql`true`;
  const { filename, purpose, bytes } = row;
  const [, inserted] = await stored(
    db.batch([
      auditRowIf(db, room, {
        workspaceId: row.workspaceId,
        actor: author.actor,
        action: 'file.create',
        target: row.id,
        after: { filename, purpose, bytes, project: row.projectId },
        at: row.createdAt,
      }),
      insertIf(db, files, room, row).returning({ id: files.id }),
    ]),
  );
  return inserted.length > 0;
}

/** Bytes of all files of a workspace, also of those that have expired and are not yet swept. */
async function storedBytes(env: Env, workspaceId: string): Promise<number> {
  const row = await stored(
    database(env.DB)
      .select({ bytes: sql<number>`coalesce(sum(${files.bytes}), 0)` })
      .from(files)
      .where(eq(files.workspaceId, workspaceId))
      .get(),
  );
  return row?.bytes ?? 0;
}

/** Undoes what a failure left; a row whose fate is not known is deleted before its bytes. */
async function forget(env: Env, { id, workspaceId }: StoredFile): Promise<void> {
  try {
    await database(env.DB)
      .delete(files)
      .where(and(eq(files.id, id), eq(files.workspaceId, workspaceId)));
    await env.FILES.delete(objectKey(workspaceId, id));
  } catch {
    // The failure that led here is the one to tell.
  }
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError('request_too_large', {
    param: 'file',
    message: `The file is over the limit of ${Math.floor(maxBytes / 1024 / 1024)} MB.`,
  });
}

function overQuota(quotaBytes: number): GatewayError {
  return new GatewayError('storage_quota_exceeded', {
    param: 'file',
    message: `The files of this workspace may be ${quotaBytes} bytes together. Delete some first.`,
  });
}
