import { and, eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { users } from '../../db/schema/people.ts';
import { keys, projects } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import type { Scope } from '../../objects/workspace/types.ts';
import { stored } from '../../tenancy/storage.ts';

/**
 * What in a workspace a budget is for, in words: `the key “app” (key_…)`.
 * @throws GatewayError `storage_unavailable`.
 */
export async function scopeName(env: Env, workspaceId: string, scope: Scope): Promise<string> {
  const [kind = '', id = ''] = scope.split(':');
  const name = await nameOf(env, workspaceId, kind, id);
  const words = { project: 'the project', key: 'the key', user: 'the member' }[kind] ?? kind;
  return name === undefined ? `${words} ${id}` : `${words} “${name}” (${id})`;
}

async function nameOf(env: Env, workspaceId: string, kind: string, id: string): Promise<string | undefined> {
  const db = database(env.DB);
  const named =
    kind === 'project'
      ? db
          .select({ name: projects.name })
          .from(projects)
          .where(and(eq(projects.id, id), eq(projects.workspaceId, workspaceId)))
      : kind === 'key'
        ? db
            .select({ name: keys.name })
            .from(keys)
            .where(and(eq(keys.id, id), eq(keys.workspaceId, workspaceId)))
        : db.select({ name: users.name }).from(users).where(eq(users.id, id));
  return (await stored(named.get()))?.name;
}
