import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { bringsSession } from '../../tenancy/people/cookie.ts';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from '../../tenancy/people/password.ts';
import type { WithCookies } from '../../tenancy/people/view.ts';
import type { HttpContext } from '../context.ts';
import { visitOf } from '../middleware/identify.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import { type ApiEnv, Email, errors, json, Name, Person, Seconds } from './schemas.ts';

const NewPassword = z.string().min(MIN_PASSWORD_LENGTH).max(MAX_PASSWORD_LENGTH);
const GivenPassword = z.string().min(1).max(MAX_PASSWORD_LENGTH);

const common = { tags: ['Sign-in'], security: [] };

const signUp = createRoute({
  ...common,
  method: 'post',
  path: '/auth/sign-up/email',
  summary: 'Make an account and sign in',
  description: 'Sets the session cookie.',
  request: {
    body: {
      required: true,
      content: json(
        z.strictObject({
          name: Name,
          email: Email,
          password: NewPassword,
          invitation: z
            .string()
            .max(100)
            .optional()
            .meta({ description: 'The id of an invitation, where only the invited may sign up.' }),
        }),
      ),
    },
  },
  responses: {
    201: { description: 'The person', content: json(Person) },
    ...errors(
      'missing_parameter',
      'invalid_type',
      'invalid_value',
      'conflict',
      'cross_site_request',
      'too_many_attempts',
      'auth_unavailable',
    ),
  },
});

const signIn = createRoute({
  ...common,
  method: 'post',
  path: '/auth/sign-in/email',
  summary: 'Sign in',
  description: 'Sets the session cookie.',
  request: {
    body: { required: true, content: json(z.strictObject({ email: Email, password: GivenPassword })) },
  },
  responses: {
    200: { description: 'The person', content: json(Person) },
    ...errors(
      'missing_parameter',
      'invalid_type',
      'invalid_value',
      'invalid_credentials',
      'cross_site_request',
      'too_many_attempts',
      'auth_unavailable',
    ),
  },
});

const signOut = createRoute({
  ...common,
  method: 'post',
  path: '/auth/sign-out',
  summary: 'End the session',
  responses: { 204: { description: 'Ended' }, ...errors('cross_site_request', 'auth_unavailable') },
});

const session = createRoute({
  ...common,
  method: 'get',
  path: '/auth/get-session',
  summary: 'Read the session of the cookie',
  responses: {
    200: {
      description: 'Who is signed in; nulls when nobody is',
      content: json(z.object({ user: Person.nullable(), expires_at: Seconds.nullable() })),
    },
    ...errors('auth_unavailable'),
  },
});

const changePassword = createRoute({
  ...common,
  method: 'post',
  path: '/auth/change-password',
  summary: 'Set a new password',
  description: 'For who is signed in. Ends every other session.',
  request: {
    body: {
      required: true,
      content: json(z.strictObject({ current_password: GivenPassword, new_password: NewPassword })),
    },
  },
  responses: {
    204: { description: 'Set' },
    ...errors(
      'missing_parameter',
      'invalid_type',
      'invalid_value',
      'invalid_credentials',
      'conflict',
      'cross_site_request',
      'too_many_attempts',
      'auth_unavailable',
    ),
  },
});

const requestReset = createRoute({
  ...common,
  method: 'post',
  path: '/auth/request-password-reset',
  summary: 'Ask for a link to set a new password',
  description:
    'The answer is the same whether there is such an account or not. Where the deployment sends no mail, the operator makes the link.',
  request: { body: { required: true, content: json(z.strictObject({ email: Email })) } },
  responses: {
    202: { description: 'Taken note of', content: json(z.object({ message: z.string() })) },
    ...errors(
      'missing_parameter',
      'invalid_type',
      'invalid_value',
      'cross_site_request',
      'too_many_attempts',
      'auth_unavailable',
    ),
  },
});

const resetPassword = createRoute({
  ...common,
  method: 'post',
  path: '/auth/reset-password',
  summary: 'Set a new password by a link',
  description: 'A link works once, within an hour. Ends every session.',
  request: {
    body: {
      required: true,
      content: json(z.strictObject({ token: z.string().min(1).max(200), password: NewPassword })),
    },
  },
  responses: {
    204: { description: 'Set' },
    ...errors(
      'missing_parameter',
      'invalid_type',
      'invalid_value',
      'cross_site_request',
      'too_many_attempts',
      'auth_unavailable',
    ),
  },
});

/** Signing in and what belongs to it. Nobody need be known here; the verbs are loaded when first used. */
export const auth = new OpenAPIHono<ApiEnv>();

auth.use('/auth/*', async (c, next) => {
  // Without a session a program may sign in that says nothing of where it comes from.
  requireSameOrigin(c, bringsSession(c.req.header('cookie') ?? null));
  await next();
  c.header('cache-control', 'no-store');
});

export const authRoutes = auth
  .openapi(signUp, async (c) => {
    const verb = await import('../../tenancy/people/sign-up.ts');
    return c.json(withCookies(c, await verb.signUp(c.env, visitOf(c), c.req.valid('json'))), 201);
  })
  .openapi(signIn, async (c) => {
    const verb = await import('../../tenancy/people/sign-in.ts');
    return c.json(withCookies(c, await verb.signIn(c.env, visitOf(c), c.req.valid('json'))), 200);
  })
  .openapi(signOut, async (c) => {
    const verb = await import('../../tenancy/people/sign-out.ts');
    withCookies(c, await verb.signOut(c.env, visitOf(c)));
    return c.body(null, 204);
  })
  .openapi(session, async (c) => {
    const verb = await import('../../tenancy/people/session.ts');
    const known = withCookies(c, await verb.readSession(c.env, visitOf(c)));
    return c.json({ user: known?.user ?? null, expires_at: known?.expires_at ?? null }, 200);
  })
  .openapi(changePassword, async (c) => {
    const verb = await import('../../tenancy/people/change-password.ts');
    withCookies(c, await verb.changePassword(c.env, visitOf(c), c.req.valid('json')));
    return c.body(null, 204);
  })
  .openapi(requestReset, async (c) => {
    const verb = await import('../../tenancy/people/request-reset.ts');
    await verb.requestReset(c.env, visitOf(c), c.req.valid('json').email);
    return c.json(
      { message: 'If there is such an account and this deployment sends mail, a link is on its way.' },
      202,
    );
  })
  .openapi(resetPassword, async (c) => {
    const verb = await import('../../tenancy/people/reset-password.ts');
    await verb.resetPassword(c.env, visitOf(c), c.req.valid('json'));
    return c.body(null, 204);
  });

function withCookies<T>(c: HttpContext, { answer, cookies }: WithCookies<T>): T {
  for (const value of cookies) c.header('set-cookie', value, { append: true });
  return answer;
}
