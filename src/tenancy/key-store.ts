import { eq, or } from 'drizzle-orm';
import { database } from '../db/client.ts';
import { keys } from '../db/schema/tenancy.ts';
import type { Env } from '../env.ts';
import { sameHash } from './key-secret.ts';
import { type KeyState, readKeyState } from './key-state.ts';

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

/** What D1 says of a secret; null when it never was one. @throws when D1 fails. */
export async function readStored(env: Env, hash: string, now: number): Promise<KeyState | null> {
  const row = await database(env.DB)
    .select()
    .from(keys)
    .where(or(eq(keys.hash, hash), eq(keys.previousHash, hash)))
    .get();
  if (!row) return null;
  const current = sameHash(row.hash, hash);
  const inGrace =
    row.previousHash !== null && sameHash(row.previousHash, hash) && (row.previousExpiresAt ?? 0) > now;
  if (row.revokedAt !== null || (!current && !inGrace)) return { state: 'revoked', hash };
  return {
    state: 'active',
    hash,
    expiresAt: current ? null : row.previousExpiresAt,
    keyId: row.id,
    workspaceId: row.workspaceId,
    projectId: row.projectId,
    role: row.role,
  };
}

function copyName(hash: string): string {
  return `key:${hash}`;
}
