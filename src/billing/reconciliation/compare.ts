import type { StoredEntry } from '../../objects/workspace/types.ts';
import type { Receipt } from '../../telemetry/receipt.ts';
import { type NanoUsd, usdToNano } from '../money.ts';
import type { DifferenceKind } from './types.ts';

/** What is wrong with the accounts of one generation. Amounts are nano-USD. */
export interface Finding {
  kind: DifferenceKind;
  ledgerAmount: NanoUsd | null;
  receiptAmount: NanoUsd | null;
  upstreamAmount: NanoUsd | null;
}

/** Each side was rounded to the nano-dollar at least once: less than this is no difference. */
const ROUNDING_NANO = 10;

/**
 * Compares what a generation's receipt says with its ledger entry, and with what the provider says it cost.
 * A generation that costs nothing may be on either side alone.
 */
export function compare(receipt: Receipt | null, entry: StoredEntry | null): Finding[] {
  const ledgerAmount = entry && -entry.amount;
  const receiptAmount =
    receipt === null || receipt.credits_used === null ? null : usdToNano(receipt.credits_used);
  const finding = (kind: DifferenceKind): Finding[] => [
    { kind, ledgerAmount, receiptAmount, upstreamAmount: null },
  ];
  if (receipt === null) return ledgerAmount ? finding('missing_receipt') : [];
  const upstream = compareUpstream(receipt);
  if (ledgerAmount === null) return [...(receiptAmount ? finding('missing_settlement') : []), ...upstream];
  // An unknown charge takes nothing.
  return [...((receiptAmount ?? 0) === ledgerAmount ? [] : finding('different_amount')), ...upstream];
}

/** Our figure of what the provider charges, against its own, where it reports one. */
function compareUpstream(receipt: Receipt): Finding[] {
  if (receipt.upstream_cost === null) return [];
  const upstreamAmount = usdToNano(receipt.upstream_cost);
  const own = receipt.provider_cost === null ? null : usdToNano(receipt.provider_cost);
  const off = Math.abs(upstreamAmount - (own ?? 0));
  const isOff = off > ROUNDING_NANO && off * 100 > Math.max(upstreamAmount, own ?? 0);
  return isOff ? [{ kind: 'upstream_cost', ledgerAmount: null, receiptAmount: own, upstreamAmount }] : [];
}
