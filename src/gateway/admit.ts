import { GatewayError } from '../errors.ts';
import type { Caller } from './types.ts';

/**
 * Whether this caller may run this request at all. Limits and holds on money attach here, beside the
 * upstream connect: what they add is awaited before the first byte goes to the client.
 * @throws GatewayError `permission_denied`.
 */
export function admit(caller: Caller): void {
  if (caller.role === 'read') {
    throw new GatewayError('permission_denied', { message: 'A key of the role "read" may not call models.' });
  }
}
