import { html } from 'hono/html';
import { GatewayError, toGatewayError } from '../../errors.ts';
import { MIN_PASSWORD_LENGTH } from '../../tenancy/people/password.ts';
import { resetPassword } from '../../tenancy/people/reset-password.ts';
import type { HttpContext } from '../context.ts';
import { visitOf } from '../middleware/identify.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import { readForm } from './form.ts';
import { cardPage, problem } from './layout.ts';

/** GET /reset-password?token=…: where the link of a password reset leads. */
export function showPasswordReset(c: HttpContext): Promise<Response> {
  return resetPage(c.req.query('token') ?? '', null);
}

/** POST /reset-password: sets the new password. */
export async function answerPasswordReset(c: HttpContext): Promise<Response> {
  requireSameOrigin(c, true);
  const field = await readForm(c);
  const token = field('token');
  try {
    const password = field('password');
    if (password.length < MIN_PASSWORD_LENGTH) {
      throw new GatewayError('invalid_value', {
        message: `The password must have at least ${MIN_PASSWORD_LENGTH} characters.`,
      });
    }
    await resetPassword(c.env, visitOf(c), { token, password });
  } catch (thrown) {
    const error = toGatewayError(thrown);
    return resetPage(token, error.message, error.status);
  }
  return cardPage('Password set', html`<p>Your new password holds from now on. Every session has ended.</p>`);
}

function resetPage(token: string, message: string | null, status = 200): Promise<Response> {
  return cardPage(
    'Set a new password',
    html`${problem(message)}
    <form method="post" action="/reset-password"><input type="hidden" name="token" value="${token}">
      <label>New password<input name="password" type="password" required minlength="${MIN_PASSWORD_LENGTH}" autocomplete="new-password"></label>
      <button>Set password</button></form>`,
    status,
  );
}
