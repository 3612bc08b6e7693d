import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { newId } from '../lib/id.ts';
import { FileDigest } from './digest.ts';
import { insertFile } from './insert.ts';
import { objectKey } from './object-key.ts';
import { overQuota, roomAtFirst } from './quota.ts';
import type { ByteSource, FileAuthor, NewFile, StoredFile } from './types.ts';
import { Upload } from './upload.ts';

/** How much may be stored; absent: no limit. */
export interface FileLimits {
  /** Of the file, bytes. */
  maxBytes?: number;
  /** Of all files of the workspace together, bytes. */
  quotaBytes?: number;
}

/** What a file is; a function is asked when the body has been read, and may refuse it by throwing. */
type Described = NewFile | (() => NewFile | Promise<NewFile>);

/** Stores a file while it comes, as `createFileOnce` does, without a key. */
export async function createFile(
  env: Env,
  author: FileAuthor,
  described: Described,
  body: ByteSource,
  limits: FileLimits = {},
): Promise<StoredFile> {
  return (await createFileOnce(env, author, null, described, body, limits)).file;
}

/**
 * Stores a file while it comes: it is read no faster than it is written, and no more than a part of it is held
 * in memory. When anything fails, also reading `body`, neither a row nor an object is left, but where the database
 * fails the object is left to the clock (`sweep-lost.ts`). What was uploaded under the same key of the project in the
 * last 24 hours, and is still there, is not stored twice.
 * @param idempotencyKey has been checked; null: the file is a new one.
 * @returns the file; `isReplay` where it was there before.
 * @throws GatewayError `request_too_large`, `storage_quota_exceeded`, `storage_unavailable`,
 *   `idempotency_key_conflict`; what `body` and `described` throw.
 */
export async function createFileOnce(
  env: Env,
  author: FileAuthor,
  idempotencyKey: string | null,
  described: Described,
  body: ByteSource,
  { maxBytes = Number.POSITIVE_INFINITY, quotaBytes = Number.POSITIVE_INFINITY }: FileLimits = {},
): Promise<{ file: StoredFile; isReplay: boolean }> {
  const room = await roomAtFirst(env, author, quotaBytes, idempotencyKey);
  const createdAt = Date.now();
  const id = newId('file', createdAt);
  const key = objectKey(author.workspaceId, id);
  const upload = new Upload(env.FILES, key);
  const digest = idempotencyKey === null ? null : new FileDigest();
  let file: NewFile;
  try {
    for await (const bytes of body) {
      if (upload.size + bytes.byteLength > maxBytes) throw tooLarge(maxBytes);
      if (upload.size + bytes.byteLength > room) throw overQuota(quotaBytes);
      digest?.update(bytes);
      await upload.write(bytes);
    }
    file = typeof described === 'function' ? await described() : described;
    await upload.finish();
  } catch (thrown) {
    await upload.abort();
    throw thrown;
  }
  const { purpose, filename, contentType, expiresAfterS } = file;
  const row: StoredFile = {
    id,
    workspaceId: author.workspaceId,
    projectId: author.projectId,
    purpose,
    filename,
    contentType,
    bytes: upload.size,
    createdAt,
    expiresAt: expiresAfterS === undefined ? null : createdAt + expiresAfterS * 1000,
    idempotencyKey,
    digest: digest?.end(file) ?? null,
  };
  const kept = await insertFile(env, author, row, quotaBytes);
  if (kept !== row) await forget(env, key);
  if (kept === null) throw overQuota(quotaBytes);
  if (kept.digest === row.digest) return { file: kept, isReplay: kept !== row };
  throw new GatewayError('idempotency_key_conflict', {
    param: 'Idempotency-Key',
    // SDKs repeat what is answered with 409, unless they are told that it is of no use.
    headers: { 'x-should-retry': 'false' },
  });
}

/** Deletes bytes that no row names. What fails here the clock does. */
async function forget({ FILES }: Env, key: string): Promise<void> {
  try {
    await FILES.delete(key);
  } catch {
    // What led here is the one to tell.
  }
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError('request_too_large', {
    param: 'file',
    message: `The file is over the limit of ${Math.floor(maxBytes / 1024 / 1024)} MB.`,
  });
}
