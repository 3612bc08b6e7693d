import { and, eq } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import { auditRow } from '../../db/audit.ts';
import { type Db, database } from '../../db/client.ts';
import { members } from '../../db/schema/people.ts';
import { memberAllowances, projects, workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import type { Allowance, Scope } from '../../objects/workspace/types.ts';
import { actorName, requirePermission, seesWorkspace } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { findWorkspace } from '../workspaces/find.ts';
import { type AllowanceInput, allowanceFrom, allowanceView } from './input.ts';

/** What rates and budgets are set for. */
interface Subject {
  workspaceId: string;
  scope: Scope;
  target: string;
  before: Allowance | null;
  write(db: Db, allowance: Allowance): BatchItem<'sqlite'>;
}

/**
 * Sets what a workspace may do and spend, as a whole.
 * @throws GatewayError `permission_denied`, `not_found`, `invalid_value`, `storage_unavailable`.
 */
export async function setWorkspaceLimits(env: Env, actor: Principal, id: string, input: AllowanceInput) {
  requirePermission(actor, 'limits.write');
  const row = await findWorkspace(env, actor, id);
  return await set(env, actor, input, {
    workspaceId: id,
    scope: 'workspace',
    target: id,
    before: row.allowance,
    write: (db, allowance) => db.update(workspaces).set({ allowance }).where(eq(workspaces.id, id)),
  });
}

/** The same for a project. */
export async function setProjectLimits(env: Env, actor: Principal, id: string, input: AllowanceInput) {
  requirePermission(actor, 'limits.write');
  const row = await stored(database(env.DB).select().from(projects).where(eq(projects.id, id)).get());
  if (!row || !seesWorkspace(actor, row.workspaceId)) throw missing('project');
  return await set(env, actor, input, {
    workspaceId: row.workspaceId,
    scope: `project:${id}`,
    target: id,
    before: row.allowance,
    write: (db, allowance) => db.update(projects).set({ allowance }).where(eq(projects.id, id)),
  });
}

/** The same for a member of a workspace: all keys that the member made, together. */
export async function setMemberLimits(
  env: Env,
  actor: Principal,
  workspaceId: string,
  userId: string,
  input: AllowanceInput,
) {
  requirePermission(actor, 'limits.write');
  await findWorkspace(env, actor, workspaceId, 'workspace');
  const row = await stored(
    database(env.DB)
      .select({ id: members.id, allowance: memberAllowances.allowance })
      .from(members)
      .leftJoin(
        memberAllowances,
        and(
          eq(memberAllowances.workspaceId, members.organizationId),
          eq(memberAllowances.userId, members.userId),
        ),
      )
      .where(and(eq(members.organizationId, workspaceId), eq(members.userId, userId)))
      .get(),
  );
  if (!row) throw missing('member');
  return await set(env, actor, input, {
    workspaceId,
    scope: `user:${userId}`,
    target: userId,
    before: row.allowance,
    write: (db, allowance) =>
      db
        .insert(memberAllowances)
        .values({ workspaceId, userId, allowance })
        .onConflictDoUpdate({
          target: [memberAllowances.workspaceId, memberAllowances.userId],
          set: { allowance },
        }),
  });
}

/** Writes it down, then tells the workspace's object, which goes by it from then on. */
async function set(
  env: Env,
  actor: Principal,
  input: AllowanceInput,
  subject: Subject,
): Promise<AllowanceInput> {
  // Two changes in one millisecond still have an order.
  const now = Math.max(Date.now(), (subject.before?.version ?? 0) + 1);
  const allowance = allowanceFrom(input, now);
  const db = database(env.DB);
  await stored(
    db.batch([
      subject.write(db, allowance),
      auditRow(db, {
        workspaceId: subject.workspaceId,
        actor: actorName(actor),
        action: 'limits.set',
        target: subject.target,
        before: asJson(allowanceView(subject.before)),
        after: asJson(allowanceView(allowance)),
      }),
    ]),
  );
  await stored(workspaceClient(env, subject.workspaceId).allow([{ scope: subject.scope, allowance }]));
  return allowanceView(allowance);
}

function missing(what: string): GatewayError {
  return new GatewayError('not_found', { param: 'id', message: `There is no such ${what}.` });
}

function asJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
