import { type SQL, sql } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { insertIf } from '../../db/insert-if.ts';
import { notices } from '../../db/schema/billing.ts';
import type { Env } from '../../env.ts';
import { sendsMail } from '../../tenancy/people/mail.ts';
import type { Notice } from './types.ts';

/**
 * The statement that files a notice to be mailed, when a condition holds at that moment; none without a notice,
 * or where the deployment sends no mail. It goes before the change of the condition in one batch.
 */
export function fileNoticeIf(env: Env, condition: SQL, notice: Notice | null) {
  if (notice === null || !sendsMail(env)) return [];
  return [insertIf(database(env.DB), notices, condition, { ...notice, sentAt: null })];
}

/** The same without a condition. */
export function fileNotice(env: Env, notice: Notice) {
  return fileNoticeIf(env, sql`true`, notice);
}
