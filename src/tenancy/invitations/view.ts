import type { InferSelectModel } from 'drizzle-orm';
import type { invitations } from '../../db/schema/people.ts';
import { toSeconds } from '../page.ts';
import type { MemberRole } from '../types.ts';

export type StoredInvitation = InferSelectModel<typeof invitations>;

/** An invitation that is open. */
export interface InvitationView {
  id: string;
  email: string;
  role: MemberRole;
  workspace: string;
  /** Who invited: the id of a person or key, or `operator`. */
  inviter: string;
  /** Open it signed in as `email`, and accept. */
  link: string;
  /** Unix seconds. */
  created_at: number;
  expires_at: number;
}

/** @param origin the scheme and host that people use. */
export function invitationView(row: StoredInvitation, origin: string): InvitationView {
  return {
    id: row.id,
    email: row.email,
    role: row.role,
    workspace: row.organizationId,
    inviter: row.inviterId,
    link: `${origin}/invitations/${row.id}`,
    created_at: toSeconds(row.createdAt.getTime()),
    expires_at: toSeconds(row.expiresAt.getTime()),
  };
}
