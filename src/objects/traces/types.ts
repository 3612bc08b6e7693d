/** One stored generation. */
export interface StoredGeneration {
  id: string;
  /** Unix milliseconds. */
  createdAt: number;
  /** The receipt as JSON text. */
  receipt: string;
}
