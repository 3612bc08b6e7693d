import { and, eq, gt, isNull, lte, or, type SQL } from 'drizzle-orm';
import { files } from '../db/schema/files.ts';
import type { FileScope } from './types.ts';

/** So long a file answers to its key, from its `created_at` on. */
const REMEMBERED_MS = 24 * 60 * 60 * 1000;

/** The file that answers to an idempotency key; none where there is no key. */
export function remembered(scope: FileScope, key: string | null, now: number): SQL | undefined {
  return and(
    ofKey(scope, key),
    gt(files.createdAt, now - REMEMBERED_MS),
    or(isNull(files.expiresAt), gt(files.expiresAt, now)),
  );
}

/** The file that has a key and answers to it no more. */
export function outlived(scope: FileScope, key: string | null, now: number): SQL | undefined {
  return and(ofKey(scope, key), or(lte(files.createdAt, now - REMEMBERED_MS), lte(files.expiresAt, now)));
}

function ofKey({ workspaceId, projectId }: FileScope, key: string | null): SQL | undefined {
  return and(
    eq(files.workspaceId, workspaceId),
    eq(files.projectId, projectId),
    // No key is empty.
    eq(files.idempotencyKey, key ?? ''),
  );
}
