/** One line of a workspace's ledger. Amounts are nano-USD: what comes in is positive, what is spent negative. */
export interface LedgerEntry {
  /** Unique: an entry whose id is known already changes nothing, so every call may be repeated. */
  id: string;
  kind: 'grant' | 'settle';
  amount: number;
  /** What it is for: a generation id, or the reason the operator gave. */
  reference: string;
}
