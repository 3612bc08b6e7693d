import { and, eq, gt, type InferSelectModel, inArray } from 'drizzle-orm';
import { type Db, database } from '../db/client.ts';
import { responseItems, responses } from '../db/schema/responses.ts';
import type { Bindings } from '../env.ts';
import { ownerOfItem } from '../gateway/responses-format.ts';
import { asArray, asNumber, asObject, asString, type JsonObject } from '../lib/json.ts';
import { KEPT_MS, type ResponseScope, UNDER_WAY } from './types.ts';

/** D1 binds a hundred values at most to a statement. */
const MOST_BOUND = 90;

type Database = Pick<Bindings, 'DB'>;

export type ResponseRow = InferSelectModel<typeof responses>;

/** The row of a response of the API, which names its id, time and status, and those of its items. */
export async function insertRow({ DB }: Database, scope: ResponseScope, response: JsonObject): Promise<void> {
  const createdAt = (asNumber(response.created_at) ?? 0) * 1000;
  const db = database(DB);
  await db.batch([
    db.insert(responses).values({
      id: asString(response.id) ?? '',
      workspaceId: scope.workspaceId,
      projectId: scope.projectId,
      status: asString(response.status) ?? '',
      background: response.background === true,
      previousResponseId: asString(response.previous_response_id) ?? null,
      createdAt,
      expiresAt: createdAt + KEPT_MS,
    }),
    ...itemRows(db, scope, response),
  ]);
}

/** Finds items by the ids that their hosts gave them. @returns the response of each that is known, by the item's id. */
export async function findItems(
  { DB }: Database,
  { workspaceId, projectId }: ResponseScope,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const db = database(DB);
  const found = new Map<string, string>();
  for (let start = 0; start < ids.length; start += MOST_BOUND) {
    const rows = await db
      .select({ item: responseItems.itemId, response: responseItems.responseId })
      .from(responseItems)
      .where(
        and(
          eq(responseItems.workspaceId, workspaceId),
          eq(responseItems.projectId, projectId),
          inArray(responseItems.itemId, ids.slice(start, start + MOST_BOUND)),
        ),
      );
    for (const { item, response } of rows) found.set(item, response);
  }
  return found;
}

/** Statements that note whose items those are that do not tell it by their ids. */
function itemRows(db: Db, { workspaceId, projectId }: ResponseScope, response: JsonObject) {
  const responseId = asString(response.id) ?? '';
  const ids = asArray(response.output).flatMap((item) => asString(asObject(item)?.id) ?? []);
  return [...new Set(ids)]
    .filter((id) => ownerOfItem(id) !== responseId)
    .map((itemId) =>
      db
        .insert(responseItems)
        .values({ workspaceId, projectId, itemId, responseId })
        .onConflictDoUpdate({
          target: [responseItems.workspaceId, responseItems.projectId, responseItems.itemId],
          set: { responseId },
        }),
    );
}

/** Those of these responses that the project has. */
export async function readRows(
  { DB }: Database,
  scope: ResponseScope,
  ids: readonly string[],
): Promise<ResponseRow[]> {
  return await database(DB)
    .select()
    .from(responses)
    .where(and(inArray(responses.id, [...ids]), ofProject(scope), gt(responses.expiresAt, Date.now())));
}

/**
 * Says how a response that is under way has ended.
 * @param response where there is more to it than its status.
 * @returns false for one that has ended, or is gone.
 */
export async function endRow(
  { DB }: Database,
  scope: ResponseScope,
  id: string,
  status: string,
  response: JsonObject = {},
): Promise<boolean> {
  const db = database(DB);
  const [ended] = await db.batch([
    db
      .update(responses)
      .set({ status })
      .where(and(eq(responses.id, id), ofProject(scope), inArray(responses.status, [...UNDER_WAY])))
      .returning({ id: responses.id }),
    ...itemRows(db, scope, response),
  ]);
  return ended.length > 0;
}

export async function deleteRow({ DB }: Database, scope: ResponseScope, id: string): Promise<void> {
  const db = database(DB);
  await db.batch([
    db.delete(responseItems).where(itemsOf(scope, id)),
    db.delete(responses).where(and(eq(responses.id, id), ofProject(scope))),
  ]);
}

/** The rows of a response's items. */
export function itemsOf({ workspaceId, projectId }: ResponseScope, responseId: string) {
  return and(
    eq(responseItems.responseId, responseId),
    eq(responseItems.workspaceId, workspaceId),
    eq(responseItems.projectId, projectId),
  );
}

function ofProject({ workspaceId, projectId }: ResponseScope) {
  return and(eq(responses.workspaceId, workspaceId), eq(responses.projectId, projectId));
}
