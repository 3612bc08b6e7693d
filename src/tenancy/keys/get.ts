import type { Env } from '../../env.ts';
import { requirePermission } from '../permissions.ts';
import type { Principal } from '../types.ts';
import { findKey } from './find.ts';
import { type KeyView, keyView } from './view.ts';

/** @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`. */
export async function getKey(env: Env, actor: Principal, id: string): Promise<KeyView> {
  requirePermission(actor, 'key.read');
  return keyView(await findKey(env, actor, id));
}
