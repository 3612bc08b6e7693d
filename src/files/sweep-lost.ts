import { asc, eq, gte, sql } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { jobs } from '../db/schema/billing.ts';
import { files } from '../db/schema/files.ts';
import { workspaces } from '../db/schema/tenancy.ts';
import type { Env } from '../env.ts';
import { asObject, asString } from '../lib/json.ts';
import { fileIdOf, objectKey } from './object-key.ts';

const JOB = 'lost_objects';

/** The row of a file comes within seconds of its bytes: a day later nothing will. */
const WAITED_MS = 24 * 60 * 60 * 1000;

/** So many pages of at most a thousand objects are looked at in one run; every workspace takes one at least. */
const PAGES = 50;

/** Where the next run begins: at this workspace, behind this key. */
interface Place {
  workspaceId: string;
  after: string;
}

/**
 * Deletes bytes of files whose row never came, as the isolate died in between, or could not be deleted. Each run
 * goes on where the last one stopped, through all workspaces.
 * @param now Unix milliseconds.
 * @returns how many were deleted.
 */
export async function sweepLostObjects(env: Env, now: number, pages = PAGES): Promise<number> {
  const first = await readPlace(env);
  const ids = await database(env.DB)
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(gte(workspaces.id, first.workspaceId))
    .orderBy(asc(workspaces.id))
    .limit(pages + 1)
    .all();
  let left = pages;
  let deleted = 0;
  for (const { id: workspaceId } of ids) {
    let after = workspaceId === first.workspaceId ? first.after : '';
    do {
      if (left-- === 0) {
        await keepPlace(env, { workspaceId, after });
        return deleted;
      }
      const { objects, truncated } = await env.FILES.list({
        prefix: objectKey(workspaceId, ''),
        ...(after === '' ? {} : { startAfter: after }),
      });
      const old = objects.filter(({ uploaded }) => now - uploaded.getTime() > WAITED_MS);
      const lost = await withoutRow(
        env,
        workspaceId,
        old.map(({ key }) => fileIdOf(key)),
      );
      if (lost.length > 0) await env.FILES.delete(lost.map((id) => objectKey(workspaceId, id)));
      deleted += lost.length;
      after = truncated ? (objects.at(-1)?.key ?? '') : '';
    } while (after !== '');
  }
  await keepPlace(env, { workspaceId: '', after: '' });
  return deleted;
}

/** Those of the ids that no file of the workspace has. */
async function withoutRow(env: Env, workspaceId: string, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await database(env.DB).all<{ id: string }>(
    sql`select value as id from json_each(${JSON.stringify(ids)}) where not exists
      (select 1 from ${files} where ${files.id} = value and ${files.workspaceId} = ${workspaceId})`,
  );
  return rows.map(({ id }) => id);
}

async function readPlace(env: Env): Promise<Place> {
  const row = await database(env.DB).select().from(jobs).where(eq(jobs.name, JOB)).get();
  const state = asObject(row?.state);
  return { workspaceId: asString(state?.workspace) ?? '', after: asString(state?.after) ?? '' };
}

async function keepPlace(env: Env, { workspaceId, after }: Place): Promise<void> {
  const state = { workspace: workspaceId, after };
  const updatedAt = Date.now();
  await database(env.DB)
    .insert(jobs)
    .values({ name: JOB, state, updatedAt })
    .onConflictDoUpdate({ target: jobs.name, set: { state, updatedAt } });
}
