import { type SQL, sql } from 'drizzle-orm';
import { auditRow } from '../../db/audit.ts';
import type { Db } from '../../db/client.ts';
import { addPrices, modelRow, runBatch, upsertEndpoints, upsertModels } from '../import.ts';
import { NEXT_VERSION } from '../version.ts';
import { holdId } from './diff.ts';
import type { Change, Difference, Known } from './types.ts';

/** How many changes there are of each kind. */
export function countsOf(changes: readonly Change[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of changes) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/**
 * Writes a difference in one transaction: models and endpoints, retired ones, prices in force at once and
 * prices that wait. Nothing is written where there is nothing new.
 * @returns whether anything was.
 * @throws when D1 fails; then nothing was changed.
 */
export async function applyDifference(
  db: Db,
  { changes, models, endpoints, vanished, aliases, judged }: Difference,
  known: Known,
  actor: string,
): Promise<boolean> {
  const now = Date.now();
  const held = changes.flatMap((change) =>
    change.kind === 'price.held'
      ? { ...change, id: holdId(change.endpoint, change.before, change.after) }
      : [],
  );
  const priced = changes.flatMap((change) =>
    change.kind === 'price.changed' ? { id: change.endpoint, price: change.after } : [],
  );
  const isServed = models.length + endpoints.length + vanished.length + priced.length > 0;
  const isAsked = held.some(({ id }) => known.decisions.get(id) !== 'pending');
  const statements: SQL[] = [
    supersede(
      judged,
      held.map(({ id }) => id),
      now,
    ),
  ];
  if (held.length > 0) statements.push(hold(held, now));
  if (isServed) {
    const rows = JSON.stringify(endpoints);
    statements.push(
      upsertModels(JSON.stringify(models.map(modelRow)), now),
      upsertEndpoints(rows, now),
      retire(vanished, now),
      addPrices(JSON.stringify(priced), 'prc_sync', now),
      addAliases(aliases),
      NEXT_VERSION,
    );
  }
  if (isServed || isAsked) {
    const entry = { workspaceId: null, actor, action: 'registry.sync', target: 'registry' };
    statements.push(auditRow(db, { ...entry, after: countsOf(changes), at: now }).getSQL());
  }
  await runBatch(db, statements);
  return isServed || isAsked;
}

/** A name that a model has already, with dots or dashes, stays with it. */
function addAliases(aliases: Difference['aliases']): SQL {
  return sql`INSERT INTO aliases (alias, model_id, source)
    SELECT value ->> 0, value ->> 1, 'catalogue' FROM json_each(${JSON.stringify(aliases)})
    WHERE replace(value ->> 0, '.', '-') NOT IN (SELECT replace(alias, '.', '-') FROM aliases)
    ON CONFLICT (alias) DO NOTHING`;
}

function retire(ids: readonly string[], now: number): SQL {
  return sql`UPDATE endpoints SET retired_at = ${now}, updated_at = ${now}
    WHERE source = 'catalogue' AND retired_at IS NULL
      AND id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
}

/** A price that the sources do not name any more is not asked about any more. */
function supersede(judged: readonly string[], held: readonly string[], now: number): SQL {
  return sql`UPDATE registry_changes SET state = 'superseded', decided_at = ${now}
    WHERE state = 'pending' AND endpoint_id IN (SELECT value FROM json_each(${JSON.stringify(judged)}))
      AND id NOT IN (SELECT value FROM json_each(${JSON.stringify(held)}))`;
}

/** What was rejected is not asked again. */
function hold(held: readonly object[], now: number): SQL {
  return sql`INSERT INTO registry_changes (id, endpoint_id, reason, before, after, state, found_at)
    SELECT value ->> 'id', value ->> 'endpoint', value ->> 'reason', value -> 'before', value -> 'after',
      'pending', ${now}
    FROM json_each(${JSON.stringify(held)}) WHERE true
    ON CONFLICT (id) DO UPDATE SET state = 'pending', found_at = excluded.found_at, decided_at = NULL,
      decided_by = NULL
    WHERE registry_changes.state IN ('approved', 'superseded')`;
}
