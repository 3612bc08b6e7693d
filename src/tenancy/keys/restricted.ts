import { GatewayError } from '../../errors.ts';
import type { Principal } from '../types.ts';

/**
 * A key that is restricted beyond its role makes and changes no keys: else it could hand out more than it has.
 * @throws GatewayError `permission_denied`.
 */
export function refuseRestricted(actor: Principal): void {
  if (actor.kind !== 'key') return;
  const { models, allowedIps, allowance, expiresAt } = actor;
  if (models === null && allowedIps === null && allowance === null && expiresAt === null) return;
  throw new GatewayError('permission_denied', {
    message: 'A key with limits, budgets, models, addresses or an end of its own makes and changes no keys.',
  });
}
