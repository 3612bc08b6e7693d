/** Whether an endpoint can be expected to serve; `unknown` where nothing has been seen of it lately. */
export const HEALTH_STATUSES = ['healthy', 'degraded', 'down', 'unknown'] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** What listings say of how an endpoint does. */
export interface ListedHealth {
  status: HealthStatus;
  /** Percent of the requests of the last five minutes that were answered whole; null without any. */
  uptime: number | null;
  /** Milliseconds to the first token. */
  latency: { p50: number; p95: number } | null;
  /** Tokens per second of streams. */
  throughput: { p50: number; p95: number } | null;
}
