import { html } from 'hono/html';
import { GatewayError, toGatewayError } from '../../errors.ts';
import { acceptInvitation, type Joined } from '../../tenancy/invitations/accept.ts';
import { type Offer, readInvitation } from '../../tenancy/invitations/read.ts';
import { bringsSession } from '../../tenancy/people/cookie.ts';
import { MIN_PASSWORD_LENGTH } from '../../tenancy/people/password.ts';
import { readSession } from '../../tenancy/people/session.ts';
import { signIn } from '../../tenancy/people/sign-in.ts';
import { signUp } from '../../tenancy/people/sign-up.ts';
import type { Principal } from '../../tenancy/types.ts';
import type { HttpContext } from '../context.ts';
import { visitOf } from '../middleware/identify.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import { readForm } from './form.ts';
import { cardPage, problem } from './layout.ts';

/** GET /invitations/{id}: the page that an invitation's link leads to. Without a session it tells nothing of it. */
export async function showInvitation(c: HttpContext): Promise<Response> {
  const id = c.req.param('id') ?? '';
  const person = c.req.query('as') === 'other' ? null : await personOf(c);
  if (!person) return strangersPage(id, null);
  try {
    return await offerPage(await readInvitation(c.env, person.actor, id), person.email, null);
  } catch (thrown) {
    return closedPage(thrown, id, person.email);
  }
}

/** POST /invitations/{id}: signs in or up where that is asked for, then joins. */
export async function answerInvitation(c: HttpContext): Promise<Response> {
  const id = c.req.param('id') ?? '';
  requireSameOrigin(c, true);
  const field = await readForm(c);
  const known = field('do') === 'accept' ? await personOf(c) : null;
  let person = known;
  let cookies: string[] = [];
  if (!person) {
    try {
      const entered = await enter(c, id, field);
      person = { actor: { kind: 'user', userId: entered.answer.id }, email: entered.answer.email };
      cookies = entered.cookies;
    } catch (thrown) {
      const error = toGatewayError(thrown);
      return strangersPage(id, error.message, error.status);
    }
  }
  try {
    return await joinedPage(await acceptInvitation(c.env, person.actor, id), cookies);
  } catch (thrown) {
    return closedPage(thrown, id, person.email, cookies);
  }
}

async function enter(c: HttpContext, invitation: string, field: (name: string) => string) {
  const email = field('email');
  const password = field('password');
  if (!email.includes('@') || password.length < MIN_PASSWORD_LENGTH) {
    throw new GatewayError('invalid_value', {
      message: `Give your e-mail address, and a password of at least ${MIN_PASSWORD_LENGTH} characters.`,
    });
  }
  if (field('do') !== 'sign-up') return await signIn(c.env, visitOf(c), { email, password });
  const name = field('name') || email.slice(0, email.indexOf('@'));
  return await signUp(c.env, visitOf(c), { name, email, password, invitation });
}

async function personOf(c: HttpContext): Promise<{ actor: Principal; email: string } | null> {
  if (!bringsSession(c.req.header('cookie') ?? null)) return null;
  const { answer } = await readSession(c.env, visitOf(c));
  return answer && { actor: { kind: 'user', userId: answer.user.id }, email: answer.user.email };
}

function strangersPage(id: string, message: string | null, status = 200): Promise<Response> {
  const action = `/invitations/${encodeURIComponent(id)}`;
  const fields = html`
    <label>E-mail address, as invited<input name="email" type="email" required autocomplete="email"></label>`;
  return cardPage(
    'You are invited',
    html`<p>Join the workspace with the e-mail address that was invited.</p>${problem(message)}
    <h2>I am new here</h2>
    <form method="post" action="${action}"><input type="hidden" name="do" value="sign-up">
      <label>Name<input name="name" autocomplete="name"></label>${fields}
      <label>Password<input name="password" type="password" required minlength="${MIN_PASSWORD_LENGTH}" autocomplete="new-password"></label>
      <button>Sign up and join</button></form>
    <h2>I have an account</h2>
    <form method="post" action="${action}"><input type="hidden" name="do" value="sign-in">${fields}
      <label>Password<input name="password" type="password" required autocomplete="current-password"></label>
      <button>Sign in and join</button></form>`,
    status,
  );
}

function offerPage({ id, name, role }: Offer, email: string, message: string | null): Promise<Response> {
  return cardPage(
    `Join ${name}`,
    html`<p>You are invited to work in <strong>${name}</strong> as ${role}.</p>
    <p class="dim">Signed in as ${email}.</p>${problem(message)}
    <form method="post" action="/invitations/${encodeURIComponent(id)}">
      <input type="hidden" name="do" value="accept"><button>Join</button></form>`,
  );
}

function joinedPage({ id, name, role }: Joined, cookies: readonly string[]): Promise<Response> {
  return cardPage(
    `Welcome to ${name}`,
    html`<p>You have joined as ${role}. The workspace is <code>${id}</code>.</p>
    <p class="dim">What you can do now: <a href="/api/docs">the management API</a>.</p>`,
    200,
    cookies,
  );
}

/** Nothing to join: ended, used, or not for this person, which are not told apart. */
function closedPage(
  thrown: unknown,
  id: string,
  email: string,
  cookies: readonly string[] = [],
): Promise<Response> {
  const { status, message, type } = toGatewayError(thrown);
  const told =
    type === 'server_error' || status === 409 ? message : 'There is no open invitation for you here.';
  return cardPage(
    'No invitation',
    html`<p>${told}</p>
    <p>You are signed in as ${email}. If another address was invited,
    <a href="/invitations/${encodeURIComponent(id)}?as=other">use another account</a>.</p>
    <p class="dim">Otherwise ask who invited you for a new link.</p>`,
    status,
    cookies,
  );
}
