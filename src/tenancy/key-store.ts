import { and, eq, or } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { members, users } from '../db/schema/people.ts';
import { keys, memberAllowances, projects, workspaces } from '../db/schema/tenancy.ts';
import type { Env } from '../env.ts';
import { sameHash } from './key-secret.ts';
import { type KeyState, readKeyState } from './key-state.ts';
import { isRefused } from './people/seeded.ts';
import { keyRoleWithin } from './permissions.ts';
import { grantOf, WORKSPACE_COLUMNS } from './workspace-grant.ts';

/** Copies that nobody asks for end after a day; the next request takes the key from D1 again. */
const COPY_LIFETIME_S = 24 * 60 * 60;

/** What KV says of a secret. KV is a copy: when it fails or holds nonsense, it says nothing (null). */
export async function readCopy(env: Env, hash: string): Promise<KeyState | null> {
  try {
    const state = readKeyState(await env.SNAPSHOTS.get(copyName(hash)));
    return state !== null && sameHash(state.hash, hash) ? state : null;
  } catch {
    return null;
  }
}

/** Puts states into KV, so that isolates elsewhere need not ask D1. @throws when KV fails. */
export async function writeCopies(env: Env, states: readonly KeyState[]): Promise<void> {
  await Promise.all(
    states.map((state) =>
      env.SNAPSHOTS.put(copyName(state.hash), JSON.stringify(state), { expirationTtl: COPY_LIFETIME_S }),
    ),
  );
}

/** Takes states out of KV. @throws when KV fails. */
export async function deleteCopies(env: Env, hashes: readonly string[]): Promise<void> {
  await Promise.all(hashes.map((hash) => env.SNAPSHOTS.delete(copyName(hash))));
}

/** What D1 says of a secret; null when it never was one. @throws when D1 fails. */
export async function readStored(env: Env, hash: string, now: number): Promise<KeyState | null> {
  const row = await database(env.DB)
    .select({
      key: keys,
      workspace: WORKSPACE_COLUMNS,
      project: { allowance: projects.allowance },
      memberRole: members.role,
      creator: users.email,
      memberAllowance: memberAllowances.allowance,
    })
    .from(keys)
    .innerJoin(workspaces, eq(workspaces.id, keys.workspaceId))
    .innerJoin(projects, eq(projects.id, keys.projectId))
    .leftJoin(members, and(eq(members.organizationId, keys.workspaceId), eq(members.userId, keys.userId)))
    .leftJoin(users, eq(users.id, keys.userId))
    .leftJoin(
      memberAllowances,
      and(eq(memberAllowances.workspaceId, keys.workspaceId), eq(memberAllowances.userId, keys.userId)),
    )
    .where(or(eq(keys.hash, hash), eq(keys.previousHash, hash)))
    .get();
  if (!row) return null;
  const { key, workspace, project } = row;
  const current = sameHash(key.hash, hash);
  const inGrace =
    key.previousHash !== null && sameHash(key.previousHash, hash) && (key.previousExpiresAt ?? 0) > now;
  if (key.revokedAt !== null || (!current && !inGrace)) return { state: 'revoked', hash };
  // A key never exceeds its creator, and stops with the creator's membership.
  const role =
    key.userId === null ? key.role : row.memberRole === null ? null : keyRoleWithin(key.role, row.memberRole);
  if (role === null || (row.creator !== null && isRefused(env, row.creator)))
    return { state: 'resting', hash };
  const shared = grantOf(workspace);
  return {
    state: 'active',
    hash,
    expiresAt: earliest(key.expiresAt, current ? null : key.previousExpiresAt),
    // In the order of key-state.ts: a copy that was read again is compared as text.
    grant: {
      keyId: key.id,
      workspaceId: key.workspaceId,
      projectId: key.projectId,
      userId: key.userId,
      role,
      models: key.models,
      workspaceModels: shared.workspaceModels,
      workspaceAliases: shared.workspaceAliases,
      allowedIps: key.allowedIps,
      allowance: key.allowance,
      workspaceAllowance: shared.workspaceAllowance,
      projectAllowance: project.allowance,
      memberAllowance: row.memberAllowance,
      pricing: shared.pricing,
      ...(key.policy === null ? {} : { policy: key.policy }),
      ...(shared.routing ? { routing: shared.routing } : {}),
      ...(shared.credentials ? { credentials: shared.credentials } : {}),
    },
  };
}

function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function copyName(hash: string): string {
  return `key:${hash}`;
}
