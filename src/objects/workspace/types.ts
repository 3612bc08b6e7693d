/** Kinds of ledger entries. What comes in is positive: grant, top_up, release, refund; what goes out negative. */
export type LedgerKind = 'grant' | 'top_up' | 'hold' | 'release' | 'settle' | 'refund' | 'adjustment';

/** One line of a workspace's ledger. Amounts are nano-USD. The balance is the sum of all of them, always. */
export interface LedgerEntry {
  /** Unique: an entry whose id is known already changes nothing, so every call may be repeated. */
  id: string;
  kind: LedgerKind;
  amount: number;
  /** What it is for: a generation id, a payment, or the reason the operator gave. */
  reference: string;
}

/** An entry as it stands in the ledger. */
export interface StoredEntry extends LedgerEntry {
  /** Grows by one with each entry. */
  sequence: number;
  /** Unix milliseconds. */
  createdAt: number;
}

/** What one answer was charged for: the lines of its cost, whose amounts add up to the charge. */
export interface ChargedLine {
  /** A unit of billing/cost.ts; `unknown` where usage or price is not known. */
  unit: string;
  /** Nano-USD per 1M tokens, or per request. */
  rate: number;
  quantity: number;
  /** Nano-USD. */
  amount: number;
}

/** A sum over one month (UTC), as invoices need it: one unit of one model at one provider in one project. */
export interface UsageLine extends ChargedLine {
  project: string;
  /** Canonical model id. */
  model: string;
  provider: string;
  /** Answers that had this line. */
  requests: number;
}
