import { nanoToUsd } from '../../billing/money.ts';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { projects, workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { newId } from '../../lib/id.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { checkedAmount } from '../credits/amount.ts';
import { actorName, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { type WorkspaceWithCredits, workspaceView } from './view.ts';

export interface NewWorkspace {
  name: string;
  /** USD granted to begin with. */
  credits?: number | undefined;
}

/**
 * Makes a workspace with a project named `Default`.
 * @throws GatewayError `permission_denied`, `invalid_value`, `storage_unavailable`.
 */
export async function createWorkspace(
  env: Env,
  actor: Principal,
  input: NewWorkspace,
): Promise<WorkspaceWithCredits> {
  requirePermission(actor, 'workspace.create');
  const amount = checkedAmount(input.credits ?? 0, 'credits');
  const now = Date.now();
  const row = { id: newId('workspace', now), name: input.name, createdAt: new Date(now) };
  const project = {
    id: newId('project', now),
    workspaceId: row.id,
    name: 'Default',
    allowance: null,
    createdAt: now,
  };
  // The money goes first: should the database then fail, what is left over is an account nobody knows.
  if (amount > 0) {
    const grant = { id: `grant:${row.id}:initial`, amount, reason: 'Initial credits' };
    await stored(workspaceClient(env, row.id).grant(grant));
  }
  const db = database(env.DB);
  await stored(
    db.batch([
      db.insert(workspaces).values(row),
      db.insert(projects).values(project),
      auditRow(db, {
        workspaceId: row.id,
        actor: actorName(actor),
        action: 'workspace.create',
        target: row.id,
        after: { name: row.name, credits: input.credits ?? 0, project: project.id },
        at: now,
      }),
    ]),
  );
  return { ...workspaceView(row), credits: nanoToUsd(amount) };
}
