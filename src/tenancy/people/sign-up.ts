import { and, eq, gt } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { invitations, users } from '../../db/schema/people.ts';
import { configOf, type Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { stored } from '../storage.ts';
import { ask, takenAddress } from './ask.ts';
import { authFor } from './auth.ts';
import { logPerson } from './log.ts';
import { isRefused } from './seeded.ts';
import { countAttempt } from './throttle.ts';
import { type PersonView, personView, type WithCookies } from './view.ts';
import { addressOf, type Visit } from './visit.ts';

export interface NewPerson {
  name: string;
  email: string;
  password: string;
  /** An invitation to this e-mail address; needed where only the invited may sign up. */
  invitation?: string | undefined;
}

/**
 * Makes an account and signs in.
 * @throws GatewayError `conflict` for an address that has one, `permission_denied`, `too_many_attempts`,
 *   `auth_unavailable`, `storage_unavailable`.
 */
export async function signUp(env: Env, visit: Visit, input: NewPerson): Promise<WithCookies<PersonView>> {
  await countAttempt(env, 'sign-up-address', addressOf(visit));
  const email = input.email.toLowerCase();
  if (isRefused(env, email)) {
    throw new GatewayError('permission_denied', { message: 'This e-mail address may not sign up here.' });
  }
  if (configOf(env).signUp === 'invited' && !(await isInvited(env, email, input.invitation))) {
    throw new GatewayError('permission_denied', { message: 'Signing up here takes an invitation.' });
  }
  const auth = await authFor(env, visit);
  const body = { name: input.name, email, password: input.password };
  const { answer, cookies } = await ask(
    auth.api.signUpEmail({ body, headers: visit.headers, returnHeaders: true }),
  ).catch(async (fault: unknown) => {
    // Of two at one time the database lets one in, and better-auth takes its refusal for a fault.
    const known = fault instanceof GatewayError && fault.code === 'auth_unavailable';
    throw known && (await hasAccount(env, email)) ? takenAddress() : fault;
  });
  await logPerson(env, answer.user.id, 'user.sign_up');
  return { answer: personView(answer.user), cookies };
}

async function hasAccount(env: Env, email: string): Promise<boolean> {
  const row = database(env.DB).select({ id: users.id }).from(users).where(eq(users.email, email)).get();
  return (await stored(row)) !== undefined;
}

async function isInvited(env: Env, email: string, id: string | undefined): Promise<boolean> {
  if (id === undefined) return false;
  const row = await stored(
    database(env.DB)
      .select({ id: invitations.id })
      .from(invitations)
      .where(
        and(
          eq(invitations.id, id),
          eq(invitations.email, email),
          eq(invitations.status, 'pending'),
          gt(invitations.expiresAt, new Date()),
        ),
      )
      .get(),
  );
  return row !== undefined;
}
