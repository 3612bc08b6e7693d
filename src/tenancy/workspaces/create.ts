import { nanoToUsd } from '../../billing/money.ts';
import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import { members } from '../../db/schema/people.ts';
import { projects, workspaces } from '../../db/schema/tenancy.ts';
import { configOf, type Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { newId } from '../../lib/id.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { checkedAmount } from '../credits/amount.ts';
import { claimTrial } from '../credits/trial.ts';
import { countAttempt } from '../people/throttle.ts';
import { actorName, personOf, requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { type WorkspaceWithCredits, workspaceView } from './view.ts';

export interface NewWorkspace {
  name: string;
  /** USD granted to begin with. */
  credits?: number | undefined;
}

/**
 * Makes a workspace with a project named `Default`. A signed-in person becomes its owner, and is given
 * trial credits with their first one.
 * @throws GatewayError `permission_denied`, also for credits that a person asks for; `invalid_value`,
 *   `too_many_attempts`, `storage_unavailable`.
 */
export async function createWorkspace(
  env: Env,
  actor: Principal,
  input: NewWorkspace,
): Promise<WorkspaceWithCredits> {
  requirePermission(actor, 'workspace.create');
  if (input.credits !== undefined && actor.kind !== 'operator') {
    throw new GatewayError('permission_denied', {
      param: 'credits',
      message: 'The operator alone grants credits.',
    });
  }
  const person = personOf(actor);
  if (person !== null) await countAttempt(env, 'workspace', person);
  const credits =
    person === null ? (input.credits ?? configOf(env).trialCreditsUsd) : await claimTrial(env, person);
  const amount = checkedAmount(credits, 'credits');
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
      ...(person === null ? [] : [db.insert(members).values(ownerOf(row.id, person, now))]),
      auditRow(db, {
        workspaceId: row.id,
        actor: actorName(actor),
        action: 'workspace.create',
        target: row.id,
        after: { name: row.name, credits, project: project.id },
        at: now,
      }),
    ]),
  );
  return { ...workspaceView(row), credits: nanoToUsd(amount) };
}

function ownerOf(organizationId: string, userId: string, now: number) {
  return {
    id: newId('member', now),
    organizationId,
    userId,
    role: 'owner' as const,
    createdAt: new Date(now),
  };
}
