import * as z from 'zod';
import { LONGEST_WAKE_MS, MOST_ATTEMPTS, MOST_BACKOFF_MS, readPolicy } from '../../routing/policy/input.ts';
import {
  FALLBACK_TRIGGERS,
  MIDSTREAM_MODES,
  OBJECTIVES,
  type Policy,
  REPAIRS,
} from '../../routing/policy/types.ts';
import { WorkspaceId } from './schemas.ts';

const HOUR_MS = 3_600_000;
const Milliseconds = z.number().int().min(1).max(HOUR_MS);
const Glob = z.string().min(1).max(200);
const Midstream = z.enum(MIDSTREAM_MODES);

/**
 * A policy as the management API takes and describes it: the same that requests may carry
 * (routing/policy/input.ts), which reads it once this has accepted it.
 */
export const PolicyFields = {
  slo_ms: Milliseconds.nullish().meta({
    description:
      'Wish: the first token within so many milliseconds. A second candidate starts beside a slower one.',
  }),
  max_cost_usd: z.number().positive().max(1_000_000).nullish().meta({
    description: 'Limit: what a request may cost at most, USD.',
  }),
  min_accuracy: z.number().min(0).max(1).nullish().meta({ description: 'Limit: the least accuracy.' }),
  region: z.string().min(1).max(100).nullish().meta({
    description: 'Limit: where it may be served.',
    example: 'eu',
  }),
  allow: z
    .array(Glob)
    .min(1)
    .max(100)
    .nullish()
    .meta({
      description: 'Limit: these models alone, by id or glob.',
      example: ['openai/*'],
    }),
  deny: z.array(Glob).max(100).nullish().meta({ description: 'Limit: not these models, by id or glob.' }),
  objective: z.enum(OBJECTIVES).nullish().meta({ description: 'What candidates are ordered by.' }),
  require_parameters: z.boolean().nullish().meta({
    description: 'Limit: only endpoints that take every parameter of the request.',
  }),
  data_collection: z.enum(['allow', 'deny']).nullish().meta({
    description: 'Limit: `deny` leaves out providers that may train on what they are sent.',
  }),
  allow_unrated: z.boolean().nullish().meta({
    description: 'Models of unknown accuracy may serve in spite of `min_accuracy`.',
  }),
  first_token_ms: Milliseconds.nullish().meta({ description: 'To the first token of one attempt.' }),
  idle_ms: Milliseconds.nullish().meta({ description: 'Of silence in a stream.' }),
  total_ms: Milliseconds.nullish().meta({ description: 'Of the whole request.' }),
  max_attempts: z.number().int().min(1).max(MOST_ATTEMPTS).nullish().meta({
    description: 'Upstream calls for one request at most.',
  }),
  backoff_ms: z.number().int().min(0).max(MOST_BACKOFF_MS).nullish().meta({
    description: 'The pause before an endpoint is asked again; twice as long before the third time.',
  }),
  max_wake_ms: z.number().int().min(0).max(LONGEST_WAKE_MS).nullish().meta({
    description: 'How long to wait for a provider that is scaled to zero.',
  }),
  midstream: z
    .union([Midstream, z.array(Midstream).min(1)])
    .nullish()
    .meta({
      description: 'What happens when a stream breaks after its first words, in order of preference.',
    }),
  repair: z.enum(REPAIRS).nullish().meta({
    description:
      'What is done with structured output that does not fit: nothing, it is unwrapped, or it is asked for once more.',
  }),
};

const ABOUT = 'Declared constraints. What is absent or null says nothing.';

export const PolicyInput = z.strictObject(PolicyFields).meta({ id: 'PolicyInput', description: ABOUT });

/** A policy as it is stored and shown. */
export const PolicySchema = z
  .object({
    slo_ms: z.number().optional(),
    max_cost_usd: z.number().optional(),
    min_accuracy: z.number().optional(),
    region: z.string().optional(),
    allow: z.array(z.string()).optional(),
    deny: z.array(z.string()).optional(),
    objective: z.enum(OBJECTIVES).optional(),
    require_parameters: z.boolean().optional(),
    data_collection: z.enum(['allow', 'deny']).optional(),
    allow_unrated: z.boolean().optional(),
    first_token_ms: z.number().optional(),
    idle_ms: z.number().optional(),
    total_ms: z.number().optional(),
    max_attempts: z.number().optional(),
    backoff_ms: z.number().optional(),
    max_wake_ms: z.number().optional(),
    repair: z.enum(REPAIRS).optional(),
    midstream: z.array(Midstream).optional(),
  })
  .meta({ id: 'Policy', description: 'What was declared. As in `PolicyInput`.' });

/** The policy that an accepted body declares. */
export function policyFrom(input: z.infer<typeof PolicyInput>, param?: string): Policy {
  return readPolicy(input, param);
}

/** Names of policies and workflows. Case matters. */
export const RuleName = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/);

export const RuleParams = z.object({ name: RuleName });

const DEFAULT_PLACE = "Default: the caller's own; for the operator, the whole deployment.";

/** Whose rules are meant, in the address and in bodies. */
export const PlaceQuery = z.object({
  workspace: WorkspaceId.optional().meta({ description: DEFAULT_PLACE }),
});
export const PlaceField = { workspace: WorkspaceId.optional().meta({ description: DEFAULT_PLACE }) };

/** The same for what only workspaces have. */
const OWN_PLACE = "Default: the caller's own; for the operator, the oldest.";
export const WorkspaceQuery = z.object({
  workspace: WorkspaceId.optional().meta({ description: OWN_PLACE }),
});
export const WorkspaceField = { workspace: WorkspaceId.optional().meta({ description: OWN_PLACE }) };

export const ModelName = z.string().trim().min(1).max(200).meta({
  description: 'A canonical id or slug; no alias.',
});

export const Trigger = z.enum(FALLBACK_TRIGGERS);

/** Where a rule holds, as it is shown. */
export const Place = z.string().nullable().meta({ description: 'Null: of the whole deployment.' });
