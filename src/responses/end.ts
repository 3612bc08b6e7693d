import type { Env } from '../env.ts';
import { asString } from '../lib/json.ts';
import { deleteKept, writeKept } from './files.ts';
import { endRow, readRows } from './rows.ts';
import type { Kept, ResponseScope } from './types.ts';

/**
 * Keeps how a response of the background ended.
 * @returns false where it was cancelled or deleted meanwhile.
 */
export async function keepEnd(env: Env, scope: ResponseScope, kept: Kept): Promise<boolean> {
  const id = asString(kept.response.id) ?? '';
  await writeKept(env, scope.workspaceId, id, kept);
  if (await endRow(env, scope, id, asString(kept.response.status) ?? '')) return true;
  const [row] = await readRows(env, scope, [id]);
  if (!row) await deleteKept(env, [{ workspaceId: scope.workspaceId, id }]);
  return false;
}
