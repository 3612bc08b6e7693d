import * as z from 'zod/mini';
import { FALLBACK_TRIGGERS, MIDSTREAM_MODES, OBJECTIVES, REPAIRS } from '../routing/policy/types.ts';

const Numeric = z.exactOptional(z.number());
const Globs = z.exactOptional(z.array(z.string()));

/** A policy as it is stored. */
export const StoredPolicy = z.object({
  slo_ms: Numeric,
  max_cost_usd: Numeric,
  min_accuracy: Numeric,
  region: z.exactOptional(z.string()),
  allow: Globs,
  deny: Globs,
  objective: z.exactOptional(z.enum(OBJECTIVES)),
  require_parameters: z.exactOptional(z.boolean()),
  data_collection: z.exactOptional(z.enum(['allow', 'deny'])),
  allow_unrated: z.exactOptional(z.boolean()),
  first_token_ms: Numeric,
  idle_ms: Numeric,
  total_ms: Numeric,
  max_attempts: Numeric,
  backoff_ms: Numeric,
  max_wake_ms: Numeric,
  midstream: z.exactOptional(z.array(z.enum(MIDSTREAM_MODES))),
  repair: z.exactOptional(z.enum(REPAIRS)),
});

const Score = z.object({
  mean: z.number(),
  lower: z.number(),
  samples: z.number(),
  measuredAt: z.number(),
});

/** What a workspace declared, as its keys carry it. */
export const StoredRouting = z.object({
  policy: z.nullable(StoredPolicy),
  policies: z.record(z.string(), StoredPolicy),
  fallbacks: z.record(
    z.string(),
    z.array(z.object({ model: z.string(), on: z.array(z.enum(FALLBACK_TRIGGERS)) })),
  ),
  splits: z.record(
    z.string(),
    z.object({
      name: z.string(),
      targets: z.array(z.object({ model: z.string(), percent: z.number() })),
    }),
  ),
  workflows: z.record(z.string(), StoredPolicy),
  scores: z.record(z.string(), z.record(z.string(), Score)),
});
