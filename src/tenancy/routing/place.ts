import type { BatchItem } from 'drizzle-orm/batch';
import { type AuditEntry, auditRow } from '../../db/audit.ts';
import { type Db, database } from '../../db/client.ts';
import type { Env } from '../../env.ts';
import { dropCopies } from '../keys/spread.ts';
import { workspaceOf } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { findWorkspace } from '../workspaces/find.ts';

/** What stands for the whole deployment where rules are stored. */
export const DEPLOYMENT = '';

type Statements = (db: Db) => BatchItem<'sqlite'>[];
type Audit = Omit<AuditEntry, 'workspaceId'>;

/**
 * How the deployment's own rules are changed: they travel with the registry (registry/change.ts), which
 * tenancy does not know.
 */
export type ChangeDeployment = (env: Env, statements: Statements, audit: Audit) => Promise<unknown>;

/**
 * Whose rules are meant: those of the workspace asked for, else of the caller's own; the operator, who has
 * none, means the deployment's.
 * @throws GatewayError `not_found`, also for another tenant's workspace; `storage_unavailable`.
 */
export async function placeOf(env: Env, actor: Principal, asked: string | undefined): Promise<string> {
  if (asked !== undefined) return (await findWorkspace(env, actor, asked, 'workspace')).id;
  return workspaceOf(actor) ?? DEPLOYMENT;
}

/** A place as the API shows it: null is the whole deployment. */
export function workspaceView(place: string): string | null {
  return place === DEPLOYMENT ? null : place;
}

/**
 * Changes rules where they travel: the deployment's with the registry, a workspace's with its keys.
 * @throws GatewayError `storage_unavailable`; then nothing was changed.
 */
export async function changeRules(
  env: Env,
  place: string,
  changeDeployment: ChangeDeployment,
  statements: Statements,
  audit: Audit,
): Promise<void> {
  if (place === DEPLOYMENT) {
    await changeDeployment(env, statements, audit);
    return;
  }
  const db = database(env.DB);
  await stored(db.batch([auditRow(db, { workspaceId: place, ...audit }), ...statements(db)]));
  await dropCopies(env, place);
}

/**
 * Of rows of the deployment and of one workspace those in force: the workspace's own cover the deployment's
 * of the same name.
 */
export function inForce<T extends { workspaceId: string }>(
  rows: readonly T[],
  nameOf: (row: T) => string,
): T[] {
  const own = new Set(rows.filter(({ workspaceId }) => workspaceId !== DEPLOYMENT).map(nameOf));
  return rows.filter((row) => row.workspaceId !== DEPLOYMENT || !own.has(nameOf(row)));
}
