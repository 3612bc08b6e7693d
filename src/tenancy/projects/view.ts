import type { InferSelectModel } from 'drizzle-orm';
import type { projects } from '../../db/schema/tenancy.ts';
import { toSeconds } from '../page.ts';

export interface ProjectView {
  id: string;
  name: string;
  workspace: string;
  /** Unix seconds. */
  created_at: number;
}

export function projectView(row: InferSelectModel<typeof projects>): ProjectView {
  return { id: row.id, name: row.name, workspace: row.workspaceId, created_at: toSeconds(row.createdAt) };
}
