import {
  GIVEN_BACK,
  LEDGER_KINDS,
  type LedgerKind,
  type StoredEntry,
} from '../../objects/workspace/types.ts';
import { toSeconds } from '../../tenancy/page.ts';
import { nanoToUsd } from '../money.ts';

export const KINDS = LEDGER_KINDS;

/** What the reference of an entry is: an id of one of these, or the reason that the operator gave. */
export const REFERENCE_TYPES = ['generation', 'advance', 'top_up', 'invoice', 'reason'] as const;
export type ReferenceType = (typeof REFERENCE_TYPES)[number];

/** A line of a workspace's ledger. */
export interface LedgerEntryView {
  id: string;
  /** Grows with each entry. */
  sequence: number;
  kind: LedgerKind;
  amount_usd: number;
  /** The same, exactly: an integer number of nano-USD. */
  amount_nano_usd: number;
  reference_type: ReferenceType;
  reference: string;
  /** Unix seconds. */
  created_at: number;
}

export function ledgerEntryView(entry: StoredEntry): LedgerEntryView {
  return {
    id: entry.id,
    sequence: entry.sequence,
    kind: entry.kind,
    amount_usd: nanoToUsd(entry.amount),
    amount_nano_usd: entry.amount,
    reference_type: referenceTypeOf(entry),
    reference: entry.reference,
    created_at: toSeconds(entry.createdAt),
  };
}

function referenceTypeOf({ id, kind, reference }: StoredEntry): ReferenceType {
  switch (kind) {
    case 'hold':
    case 'release':
    case 'settle':
      return reference.startsWith('adv_') ? 'advance' : 'generation';
    case 'grant':
      return 'reason';
    case 'refund':
      return id.startsWith('credit_note:') ? 'invoice' : 'top_up';
    case 'adjustment':
      return id.startsWith(GIVEN_BACK) ? 'generation' : 'top_up';
    case 'top_up':
      return 'top_up';
  }
}
