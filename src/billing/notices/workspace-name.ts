import { eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { stored } from '../../tenancy/storage.ts';

/** The name of a workspace, else its id. @throws GatewayError `storage_unavailable`. */
export async function workspaceName(env: Env, id: string): Promise<string> {
  const row = await stored(
    database(env.DB).select({ name: workspaces.name }).from(workspaces).where(eq(workspaces.id, id)).get(),
  );
  return row?.name ?? id;
}
