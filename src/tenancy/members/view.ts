import { toSeconds } from '../page.ts';
import type { MemberRole } from '../types.ts';

/** A member of a workspace, as colleagues see them. */
export interface MemberView {
  /** The id of the person. */
  user: string;
  name: string;
  email: string;
  role: MemberRole;
  workspace: string;
  /** Unix seconds. */
  joined_at: number;
}

/** A membership with its person, as read together. */
export interface MemberRow {
  id: string;
  workspaceId: string;
  userId: string;
  role: MemberRole;
  createdAt: Date;
  name: string;
  email: string;
}

export function memberView(row: MemberRow): MemberView {
  return {
    user: row.userId,
    name: row.name,
    email: row.email,
    role: row.role,
    workspace: row.workspaceId,
    joined_at: toSeconds(row.createdAt.getTime()),
  };
}
