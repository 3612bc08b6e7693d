import type { JsonObject } from '../../lib/json.ts';

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

/** What a receipt says in another way since it was written, where it says that something was charged. */
export interface Amendment {
  id: string;
  /** Its members as they are now (RFC 7396, so that null takes a member away). */
  changes: JsonObject;
}

/** A receipt as it is stored. */
export interface StoredReceipt {
  /** Grows by one with each receipt. */
  sequence: number;
  id: string;
  /** The receipt as JSON text. */
  receipt: string;
}
