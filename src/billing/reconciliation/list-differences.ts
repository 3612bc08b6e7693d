import { and, desc, eq, isNull, lt, sql } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { differences, reconciliations } from '../../db/schema/billing.ts';
import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { type Page, type PageRequest, pageOf, toSeconds } from '../../tenancy/page.ts';
import { requirePermission } from '../../tenancy/permissions.ts';
import { stored } from '../../tenancy/storage.ts';
import type { Principal } from '../../tenancy/types.ts';
import { scopeOf } from '../../tenancy/workspaces/scope.ts';
import { nanoToUsd } from '../money.ts';
import type { DifferenceKind } from './types.ts';

/** Where accounts differ. USD. */
export interface DifferenceView {
  workspace: string;
  /** The one of which they do; null for `invoice_total`. */
  generation: string | null;
  /** For `invoice_total`: the invoice's id. */
  invoice: string | null;
  kind: DifferenceKind;
  /** What the ledger took; null where it has no entry, or is not what differs. */
  ledger_usd: number | null;
  /** What the receipt charges, or the invoice; for `upstream_cost` our figure of that. Null where unknown. */
  receipt_usd: number | null;
  /** What the provider reports. */
  upstream_usd: number | null;
  /** Unix seconds. */
  found_at: number;
  resolved_at: number | null;
}

export interface DifferencePage extends Page<DifferenceView> {
  /** When the last comparison ran, Unix seconds; null when none has. */
  checked_at: number | null;
}

/** The order in which they were found. */
const place = sql<number>`differences.rowid`;

/**
 * Differences between receipts, ledger and providers, newest first.
 * @throws GatewayError `permission_denied`, `not_found`, `invalid_value`, `storage_unavailable`.
 */
export async function listDifferences(
  env: Env,
  actor: Principal,
  asked: PageRequest & {
    workspace?: string | undefined;
    kind?: DifferenceKind | undefined;
    /** Also those that are none any more. */
    resolved?: boolean | undefined;
  },
): Promise<DifferencePage> {
  requirePermission(actor, 'reconciliation.read');
  const workspaceId = await scopeOf(env, actor, asked.workspace);
  const before = asked.cursor === undefined ? undefined : Number(asked.cursor);
  if (before !== undefined && !Number.isSafeInteger(before)) {
    throw new GatewayError('invalid_value', { param: 'cursor', message: 'cursor must be one of an answer.' });
  }
  const db = database(env.DB);
  const rows = await stored(
    db
      .select({ row: differences, place })
      .from(differences)
      .where(
        and(
          workspaceId === null ? undefined : eq(differences.workspaceId, workspaceId),
          asked.kind === undefined ? undefined : eq(differences.kind, asked.kind),
          asked.resolved ? undefined : isNull(differences.resolvedAt),
          before === undefined ? undefined : lt(place, before),
        ),
      )
      .orderBy(desc(place))
      .limit(asked.limit + 1)
      .all(),
  );
  const last = await stored(
    db
      .select({ at: sql<number | null>`max(${reconciliations.updatedAt})` })
      .from(reconciliations)
      .where(workspaceId === null ? undefined : eq(reconciliations.workspaceId, workspaceId))
      .get(),
  );
  const page = pageOf(
    rows,
    asked.limit,
    ({ row }) => differenceView(row),
    (row) => String(row.place),
  );
  return { ...page, checked_at: last?.at == null ? null : toSeconds(last.at) };
}

function differenceView(row: typeof differences.$inferSelect): DifferenceView {
  const usd = (nano: number | null): number | null => (nano === null ? null : nanoToUsd(nano));
  return {
    workspace: row.workspaceId,
    generation: row.kind === 'invoice_total' ? null : row.subject,
    invoice: row.kind === 'invoice_total' ? row.subject : null,
    kind: row.kind,
    ledger_usd: usd(row.ledgerAmount),
    receipt_usd: usd(row.receiptAmount),
    upstream_usd: usd(row.upstreamAmount),
    found_at: toSeconds(row.foundAt),
    resolved_at: row.resolvedAt === null ? null : toSeconds(row.resolvedAt),
  };
}
