import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import { betterAuth } from 'better-auth/minimal';
import { organization } from 'better-auth/plugins/organization';
import { database } from '../../db/client.ts';
import { accounts, invitations, members, sessions, users, verifications } from '../../db/schema/people.ts';
import { workspaces } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { type IdKind, newId } from '../../lib/id.ts';
import { COOKIE_PREFIX } from './cookie.ts';
import { logPerson } from './log.ts';
import { sendMail } from './mail.ts';
import { hashPassword, MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, verifyPassword } from './password.ts';
import { authSecret } from './secret.ts';
import type { Visit } from './visit.ts';

/** A link to set a new password lives for so long. */
export const RESET_LIFETIME_S = 60 * 60;

/** better-auth's names of things, as ours. */
const ID_KINDS: Record<string, IdKind> = {
  user: 'user',
  session: 'session',
  account: 'account',
  verification: 'verification',
  organization: 'workspace',
  member: 'member',
  invitation: 'invitation',
};

/**
 * better-auth on our tables, for one request: it must not outlive the one whose bindings it holds. It
 * keeps passwords and sessions; workspaces, members and invitations are changed by our own verbs, in one
 * batch with their audit rows. Social and enterprise sign-in are options and plugins of this object.
 * @throws GatewayError `auth_unavailable` when there is no secret to sign with.
 */
export async function authFor(env: Env, visit: Visit) {
  return betterAuth({
    baseURL: visit.origin,
    basePath: '/api/auth',
    secret: await authSecret(env),
    trustedOrigins: [visit.origin],
    database: drizzleAdapter(database(env.DB), {
      provider: 'sqlite',
      schema: {
        user: users,
        session: sessions,
        account: accounts,
        verification: verifications,
        organization: workspaces,
        member: members,
        invitation: invitations,
      },
    }),
    emailAndPassword: {
      enabled: true,
      autoSignIn: true,
      minPasswordLength: MIN_PASSWORD_LENGTH,
      maxPasswordLength: MAX_PASSWORD_LENGTH,
      password: { hash: hashPassword, verify: verifyPassword },
      resetPasswordTokenExpiresIn: RESET_LIFETIME_S,
      revokeSessionsOnPasswordReset: true,
      onPasswordReset: ({ user }) => logPerson(env, user.id, 'user.reset_password'),
      sendResetPassword: async ({ user, token }) => {
        await sendMail(env, {
          kind: 'password_reset',
          to: user.email,
          subject: 'Set a new password',
          text: `Open this link within an hour to set a new password:\n${resetLink(visit.origin, token)}\n\nIf you did not ask for it, nothing needs to be done.`,
          link: resetLink(visit.origin, token),
        });
      },
    },
    // A copy of the database must not be enough to use a link that was sent.
    verification: { storeIdentifier: 'hashed' },
    plugins: [organization({ creatorRole: 'owner' })],
    advanced: {
      cookiePrefix: COOKIE_PREFIX,
      useSecureCookies: visit.origin.startsWith('https:'),
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
      ipAddress: { ipAddressHeaders: ['cf-connecting-ip'] },
      database: {
        generateId: ({ model }) => {
          const kind = ID_KINDS[model];
          return kind === undefined ? crypto.randomUUID() : newId(kind);
        },
      },
      backgroundTasks: { handler: visit.waitUntil },
    },
    // Attempts are counted in D1 (throttle.ts): memory would count for each isolate alone.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    // Its messages name people.
    logger: { disabled: true },
  });
}

/** The address at which a person sets a new password. */
export function resetLink(origin: string, token: string): string {
  return `${origin}/reset-password?token=${encodeURIComponent(token)}`;
}
