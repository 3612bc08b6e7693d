/** What a workspace pays on top of what providers charge. Percent may be negative (a discount), not under -100. */
export interface Pricing {
  /** For every model without a margin of its own. */
  margin_percent: number;
  /** By model id or glob; the first that fits counts. */
  models: { model: string; margin_percent: number }[];
  /** What an answer from the cache costs, of what it would have cost. */
  cached_percent: number;
  /** What is paid for an answer that the workspace's own credential paid for, of the provider's price; 0 when absent. */
  byok_percent?: number | undefined;
}

export const DEFAULT_PRICING: Pricing = { margin_percent: 0, models: [], cached_percent: 10 };
