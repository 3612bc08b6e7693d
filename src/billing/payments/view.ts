import type { topUps } from '../../db/schema/billing.ts';
import { toSeconds } from '../../tenancy/page.ts';
import { nanoToUsd } from '../money.ts';

export type TopUpRow = typeof topUps.$inferSelect;

/** A payment by which credits are bought. */
export interface TopUpView {
  id: string;
  workspace: string;
  amount_usd: number;
  status: TopUpRow['status'];
  kind: TopUpRow['kind'];
  /** The id of the person who paid, or `system`. */
  created_by: string;
  /** Unix seconds. */
  created_at: number;
  updated_at: number;
}

export function topUpView(row: TopUpRow): TopUpView {
  return {
    id: row.id,
    workspace: row.workspaceId,
    amount_usd: nanoToUsd(row.amount),
    status: row.status,
    kind: row.kind,
    created_by: row.createdBy,
    created_at: toSeconds(row.createdAt),
    updated_at: toSeconds(row.updatedAt),
  };
}
