import type { topUps } from '../../db/schema/billing.ts';
import { toSeconds } from '../../tenancy/page.ts';
import { type NanoUsd, nanoToUsd } from '../money.ts';

export type TopUpRow = typeof topUps.$inferSelect;

/** A payment by which credits are bought. */
export interface TopUpView {
  id: string;
  workspace: string;
  amount_usd: number;
  status: TopUpRow['status'];
  kind: TopUpRow['kind'];
  /** Why it was not paid, or, while it is open, why the last attempt failed. */
  failure: string | null;
  /** What was taken back of it, also where that is under way. */
  refunded_usd: number;
  /** The id of the person who paid, or `system`. */
  created_by: string;
  /** Unix seconds. */
  created_at: number;
  updated_at: number;
}

/** @param refunded nano-USD of it that were taken back. */
export function topUpView(row: TopUpRow, refunded: NanoUsd): TopUpView {
  return {
    id: row.id,
    workspace: row.workspaceId,
    amount_usd: nanoToUsd(row.amount),
    status: row.status,
    kind: row.kind,
    failure: row.failure,
    refunded_usd: nanoToUsd(refunded),
    created_by: row.createdBy,
    created_at: toSeconds(row.createdAt),
    updated_at: toSeconds(row.updatedAt),
  };
}
