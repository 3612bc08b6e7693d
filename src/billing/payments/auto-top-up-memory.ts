import { eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { type AutoTopUp, workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { LruMap } from '../../lib/lru.ts';
import { stored } from '../../tenancy/storage.ts';

/** How long an isolate believes what it read, milliseconds. */
const FRESH_MS = 60_000;

const known = new LruMap<string, { setting: AutoTopUp | null; readAt: number }>(10_000);

/** The setting of a workspace, at most a minute old. */
export async function rememberedAutoTopUp(env: Env, workspaceId: string): Promise<AutoTopUp | null> {
  const memory = known.get(workspaceId);
  if (memory && Date.now() - memory.readAt < FRESH_MS) return memory.setting;
  const setting = await readAutoTopUp(env, workspaceId);
  known.set(workspaceId, { setting, readAt: Date.now() });
  return setting;
}

/** The setting of a workspace as it stands. */
export async function readAutoTopUp(env: Env, workspaceId: string): Promise<AutoTopUp | null> {
  const row = await stored(
    database(env.DB)
      .select({ setting: workspaces.autoTopUp })
      .from(workspaces)
      .where(eq(workspaces.id, workspaceId))
      .get(),
  );
  return row?.setting ?? null;
}

/** Reads it anew when next asked: it was changed. */
export function forgetAutoTopUp(workspaceId: string): void {
  known.delete(workspaceId);
}
