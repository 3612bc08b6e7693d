import { GatewayError } from '../../errors.ts';
import { describeKey } from '../../tenancy/keys/describe.ts';
import type { HttpContext } from '../context.ts';

/** GET /v1/key: what the calling key may do and has used. */
export async function getCallingKey(c: HttpContext): Promise<Response> {
  const caller = c.get('principal');
  if (caller.kind !== 'key') {
    throw new GatewayError('permission_denied', { message: 'The operator key is no key of a workspace.' });
  }
  return c.json(await describeKey(c.env, caller));
}
