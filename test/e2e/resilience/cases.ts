/** What a provider does wrong, and what the gateway makes of it. */
export interface Case {
  fault: string;
  /** The error of each attempt at the first endpoint. */
  errors: string[];
  /** Only with streams, or only without. */
  only?: 'stream' | 'whole';
  reason: string;
}

/** Long times, shortened, but for a machine with other work to do. */
export const SHORT_TIMES = {
  backoff_ms: 250,
  first_token_ms: 2_500,
  idle_ms: 1_500,
};

export const BEFORE: readonly Case[] = [
  { fault: 'reset', errors: ['upstream_unreachable'], reason: 'fallback_error' },
  { fault: 'mute', errors: ['upstream_timeout'], reason: 'fallback_timeout', only: 'stream' },
  { fault: 'slow-8000', errors: ['upstream_timeout'], reason: 'fallback_timeout', only: 'stream' },
  { fault: 'limit', errors: ['upstream_rate_limited'], reason: 'fallback_rate_limited' },
  { fault: 'limited-7', errors: ['upstream_rate_limited'], reason: 'fallback_rate_limited' },
  { fault: 'fault', errors: ['upstream_error', 'upstream_error'], reason: 'fallback_error' },
  { fault: 'down', errors: ['upstream_overloaded'], reason: 'fallback_rate_limited' },
  { fault: 'cut-3', errors: ['upstream_unreachable'], reason: 'fallback_error', only: 'whole' },
  { fault: 'cut-0', errors: ['upstream_unreachable'], reason: 'fallback_error', only: 'stream' },
  { fault: 'end-0', errors: ['upstream_incomplete'], reason: 'fallback_error', only: 'stream' },
  { fault: 'stall-0', errors: ['upstream_timeout'], reason: 'fallback_timeout', only: 'stream' },
];

/** With the error of the first attempt, after its first words. */
export const AMID: readonly Case[] = [
  { fault: 'cut-4', errors: ['upstream_unreachable'], reason: 'continued' },
  { fault: 'end-4', errors: ['upstream_incomplete'], reason: 'continued' },
  { fault: 'stall-4', errors: ['upstream_timeout'], reason: 'continued' },
  { fault: 'error-4', errors: ['upstream_overloaded'], reason: 'continued' },
  { fault: 'garble-4', errors: ['upstream_invalid_response'], reason: 'continued' },
];

/** Those of `BEFORE`, for streams and for whole answers. */
export const BEFORE_EITHER_WAY = BEFORE.flatMap((entry) =>
  (entry.only ? [entry.only] : (['stream', 'whole'] as const)).map((how) => ({ ...entry, how })),
);
