import type { InferSelectModel } from 'drizzle-orm';
import type { workspaces } from '../../db/schema/tenancy.ts';
import { toSeconds } from '../page.ts';

/** A workspace as lists show it. */
export interface WorkspaceView {
  id: string;
  name: string;
  /** Unix seconds. */
  created_at: number;
}

/** A workspace with its balance. */
export interface WorkspaceWithCredits extends WorkspaceView {
  /** USD spendable now. */
  credits: number;
}

export function workspaceView(
  row: Pick<InferSelectModel<typeof workspaces>, 'id' | 'name' | 'createdAt'>,
): WorkspaceView {
  return { id: row.id, name: row.name, created_at: toSeconds(row.createdAt.getTime()) };
}
