import { and, asc, eq, gt, inArray, isNull, lt } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { notices } from '../../db/schema/billing.ts';
import { members, users } from '../../db/schema/people.ts';
import type { Env } from '../../env.ts';
import { sendMail, sendsMail } from '../../tenancy/people/mail.ts';
import { PERMISSIONS } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Notice } from './types.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** What could not be mailed by then is no news any more. */
export const NEWS_MS = 2 * DAY_MS;
/** Notices are kept for so long. What they tell is no news by then, and cannot be filed again. */
const KEPT_MS = 30 * DAY_MS;
/** Notices per run. */
const MOST = 50;

/**
 * Mails the notices that wait to all who may buy credits in their workspace. One that nobody could be sent
 * waits for the next run.
 * @returns how many went out.
 * @throws GatewayError `storage_unavailable`.
 */
export async function sendNotices(env: Env, now = Date.now()): Promise<number> {
  if (!sendsMail(env)) return 0;
  const db = database(env.DB);
  await stored(db.delete(notices).where(lt(notices.createdAt, now - KEPT_MS)));
  const waiting = await stored(
    db
      .select({ id: notices.id })
      .from(notices)
      .where(and(isNull(notices.sentAt), gt(notices.createdAt, now - NEWS_MS)))
      .orderBy(asc(notices.createdAt))
      .limit(MOST)
      .all(),
  );
  let sent = 0;
  for (const { id } of waiting) if (await send(env, id, now)) sent++;
  return sent;
}

/** Mails a notice now if it waits. What fails is tried again by the hourly job. */
export async function tryToSend(env: Env, id: string, now: number): Promise<void> {
  if (!sendsMail(env)) return;
  try {
    await send(env, id, now);
  } catch (thrown) {
    console.warn(JSON.stringify({ warning: 'notice_failed', notice: id, cause: String(thrown) }));
  }
}

/** Says whether the notice went out. It is marked first: whatever breaks off, nobody is told twice. */
async function send(env: Env, id: string, now: number): Promise<boolean> {
  const db = database(env.DB);
  const [notice] = await stored(
    db
      .update(notices)
      .set({ sentAt: now })
      .where(and(eq(notices.id, id), isNull(notices.sentAt)))
      .returning(),
  );
  if (!notice) return false;
  const { kind, subject, text } = notice;
  const recipients = await payersOf(env, notice);
  const outcomes = await Promise.all(
    recipients.map((to) => sendMail(env, { kind, to, subject, text, link: null })),
  );
  if (outcomes.some((isSent) => isSent)) return true;
  // Where nobody may pay there is nobody to tell.
  if (recipients.length > 0) {
    await stored(db.update(notices).set({ sentAt: null }).where(eq(notices.id, id)));
  }
  return false;
}

/** The addresses of who may buy credits in a workspace. */
async function payersOf(env: Env, { workspaceId }: Pick<Notice, 'workspaceId'>): Promise<string[]> {
  const rows = await stored(
    database(env.DB)
      .select({ email: users.email })
      .from(members)
      .innerJoin(users, eq(users.id, members.userId))
      .where(
        and(eq(members.organizationId, workspaceId), inArray(members.role, [...PERMISSIONS['credits.buy']])),
      )
      .all(),
  );
  return rows.map(({ email }) => email);
}
