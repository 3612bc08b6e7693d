import { and, eq, gt, type InferSelectModel, inArray } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { responseItems, responses } from '../db/schema/responses.ts';
import type { Bindings } from '../env.ts';
import { asString, type JsonObject } from '../lib/json.ts';
import { KEPT_MS, type ResponseScope, UNDER_WAY } from './types.ts';

type Database = Pick<Bindings, 'DB'>;

export type ResponseRow = InferSelectModel<typeof responses>;

/**
 * The row of a response of the API, which names its id and status; where there is one, it stays. Its time may be its
 * provider's: ours counts.
 */
export async function insertRow(
  { DB }: Database,
  scope: ResponseScope,
  response: JsonObject,
  createdAt = Date.now(),
): Promise<void> {
  await database(DB)
    .insert(responses)
    .values({
      id: asString(response.id) ?? '',
      workspaceId: scope.workspaceId,
      projectId: scope.projectId,
      status: asString(response.status) ?? '',
      background: response.background === true,
      previousResponseId: asString(response.previous_response_id) ?? null,
      createdAt,
      expiresAt: createdAt + KEPT_MS,
    })
    .onConflictDoNothing();
}

/** The response of each of these items, of those that the project has and whose ids are their provider's. */
export async function ownersOfItems(
  { DB }: Database,
  { workspaceId, projectId }: ResponseScope,
  itemIds: readonly string[],
): Promise<Map<string, string>> {
  const ofProject = and(eq(responseItems.workspaceId, workspaceId), eq(responseItems.projectId, projectId));
  const found = await database(DB)
    .select({ itemId: responseItems.itemId, responseId: responseItems.responseId })
    .from(responseItems)
    .where(and(ofProject, inArray(responseItems.itemId, [...itemIds])));
  return new Map(found.map(({ itemId, responseId }) => [itemId, responseId]));
}

/** D1 binds a hundred values at most to a statement, and an item takes four. */
const ITEMS_AT_ONCE = 20;

/** Notes whose the items of a kept response are, where their ids do not say it. */
export async function insertItems(
  { DB }: Database,
  { workspaceId, projectId }: ResponseScope,
  responseId: string,
  itemIds: readonly string[],
): Promise<void> {
  const db = database(DB);
  for (let at = 0; at < itemIds.length; at += ITEMS_AT_ONCE) {
    const rows = itemIds
      .slice(at, at + ITEMS_AT_ONCE)
      .map((itemId) => ({ workspaceId, projectId, itemId, responseId }));
    await db
      .insert(responseItems)
      .values(rows)
      .onConflictDoUpdate({
        target: [responseItems.workspaceId, responseItems.projectId, responseItems.itemId],
        set: { responseId },
      });
  }
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

/** Says how a response that is under way has ended. @returns false for one that has ended, or is gone. */
export async function endRow(
  { DB }: Database,
  scope: ResponseScope,
  id: string,
  status: string,
): Promise<boolean> {
  const ended = await database(DB)
    .update(responses)
    .set({ status })
    .where(and(eq(responses.id, id), ofProject(scope), inArray(responses.status, [...UNDER_WAY])))
    .returning({ id: responses.id });
  return ended.length > 0;
}

export async function deleteRow({ DB }: Database, scope: ResponseScope, id: string): Promise<void> {
  await database(DB)
    .delete(responses)
    .where(and(eq(responses.id, id), ofProject(scope)));
}

function ofProject({ workspaceId, projectId }: ResponseScope) {
  return and(eq(responses.workspaceId, workspaceId), eq(responses.projectId, projectId));
}
