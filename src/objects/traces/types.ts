/** Receipts are kept so long, milliseconds. */
export const RETENTION_MS = 30 * 24 * 60 * 60 * 1000;

/** One stored generation. */
export interface StoredGeneration {
  id: string;
  /** Unix milliseconds. */
  createdAt: number;
  /** The receipt as JSON text. */
  receipt: string;
}

/** A receipt as it is stored. */
export interface StoredReceipt {
  /** Grows by one with each receipt. */
  sequence: number;
  id: string;
  /** The receipt as JSON text. */
  receipt: string;
}
