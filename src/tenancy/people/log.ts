import { auditRow } from '../../db/audit.ts';
import { database } from '../../db/client.ts';
import type { Env } from '../../env.ts';
import { stored } from '../storage.ts';

/**
 * Logs what a person did with their own account. It follows the change, which better-auth writes: these are
 * the only changes whose audit rows do not share their batch.
 */
export async function logPerson(
  env: Env,
  userId: string,
  action: 'user.sign_up' | 'user.change_password' | 'user.reset_password',
): Promise<void> {
  const db = database(env.DB);
  await stored(db.batch([auditRow(db, { workspaceId: null, actor: userId, action, target: userId })]));
}
