import { GatewayError } from '../../errors.ts';
import { readCredits } from '../../tenancy/credits/read.ts';
import type { HttpContext } from '../context.ts';

/** GET /v1/credits: what the workspace of the calling key can spend now. */
export async function getCredits(c: HttpContext): Promise<Response> {
  const caller = c.get('principal');
  if (caller.kind !== 'key') {
    throw new GatewayError('permission_denied', {
      message: 'Credits are read with a key of their workspace.',
    });
  }
  return c.json(await readCredits(c.env, caller.workspaceId));
}
