import type { Env } from '../../env.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import type { LedgerKind } from '../../objects/workspace/types.ts';
import { type Page, pageOf } from '../../tenancy/page.ts';
import { requirePermission } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import { findWorkspace } from '../../tenancy/workspaces/find.ts';
import { nanoToUsd } from '../money.ts';
import { type LedgerEntryView, ledgerEntryView } from './view.ts';

/** Which part of a ledger to answer. */
export interface LedgerRequest {
  /** Entries behind the one of this sequence, in the order asked for. */
  after?: number | undefined;
  /** `desc` is newest first. */
  order: 'asc' | 'desc';
  limit: number;
  kind?: LedgerKind | undefined;
}

/** A part of a ledger. Its cursor is a sequence. */
export interface LedgerView extends Page<LedgerEntryView> {
  /** The sum of the whole ledger at that moment. */
  balance_usd: number;
  balance_nano_usd: number;
}

/**
 * The ledger of a workspace: all that moved its balance.
 * @throws GatewayError `permission_denied`, `not_found`, `storage_unavailable`.
 */
export async function listLedger(
  env: Env,
  actor: Principal,
  workspaceId: string,
  { after, order, limit, kind }: LedgerRequest,
): Promise<LedgerView> {
  requirePermission(actor, 'ledger.read');
  await findWorkspace(env, actor, workspaceId);
  const { entries, balance } = await stored(
    workspaceClient(env, workspaceId).ledger({
      after: after ?? null,
      order,
      limit: limit + 1,
      kind: kind ?? null,
    }),
  );
  return {
    balance_usd: nanoToUsd(balance),
    balance_nano_usd: balance,
    ...pageOf(entries, limit, ledgerEntryView, ({ sequence }) => String(sequence)),
  };
}
