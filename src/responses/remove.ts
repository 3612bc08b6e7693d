import { and, eq } from 'drizzle-orm';
import { auditRow } from '../db/audit.ts';
import { database } from '../db/client.ts';
import { responses } from '../db/schema/responses.ts';
import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { runOf } from './background.ts';
import { deleteKept } from './files.ts';
import { isResponseId, notFound } from './find.ts';
import { type ResponseRow, readRows } from './rows.ts';
import type { ResponseScope } from './types.ts';

/**
 * Deletes a response, and ends it where it is still made: its file before the row that names it, so that what fails can be repeated.
 * @param actor the id of the key.
 * @returns what was deleted.
 * @throws GatewayError `response_not_found`, `storage_unavailable`.
 */
export async function removeResponse(
  env: Env,
  scope: ResponseScope,
  actor: string,
  id: string,
): Promise<ResponseRow> {
  const { workspaceId, projectId } = scope;
  try {
    const [row] = isResponseId(id) ? await readRows(env, scope, [id]) : [];
    if (!row) throw notFound(id);
    if (row.background) await runOf(env, scope, id).forget();
    await deleteKept(env, [{ workspaceId, id }]);
    const db = database(env.DB);
    await db.batch([
      auditRow(db, { workspaceId, actor, action: 'response.delete', target: id }),
      db
        .delete(responses)
        .where(
          and(
            eq(responses.id, id),
            eq(responses.workspaceId, workspaceId),
            eq(responses.projectId, projectId),
          ),
        ),
    ]);
    return row;
  } catch (cause) {
    throw cause instanceof GatewayError ? cause : new GatewayError('storage_unavailable', { cause });
  }
}
