import type { Env } from '../../env.ts';
import { toSeconds } from '../page.ts';
import { requirePermission } from '../permissions.ts';
import type { MemberRole, Principal } from '../types.ts';
import { findInvitation } from './find.ts';

/** An invitation, as the invited person sees it. */
export interface Offer {
  id: string;
  /** The workspace's name. */
  name: string;
  role: MemberRole;
  /** Unix seconds. */
  expires_at: number;
}

/** @throws GatewayError `permission_denied` for a person of another address, `not_found`, `storage_unavailable`. */
export async function readInvitation(env: Env, actor: Principal, id: string): Promise<Offer> {
  requirePermission(actor, 'invitation.accept');
  const { invitation, workspaceName } = await findInvitation(env, actor, id);
  return {
    id,
    name: workspaceName,
    role: invitation.role,
    expires_at: toSeconds(invitation.expiresAt.getTime()),
  };
}
