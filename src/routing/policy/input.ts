import * as z from 'zod/mini';
import type { GatewayError } from '../../errors.ts';
import { inputError } from '../../invalid-input.ts';
import { isObject } from '../../lib/json.ts';
import { MIDSTREAM_MODES, OBJECTIVES, type Policy, REPAIRS } from './types.ts';

/** More upstream calls than this are never made for one request. */
export const MOST_ATTEMPTS = 20;
export const MOST_BACKOFF_MS = 30_000;

/** A provider that is scaled to zero is waited for no longer than this, milliseconds. */
export const LONGEST_WAKE_MS = 600_000;

const LONGEST_MS = 3_600_000;

const milliseconds = (most: number) => z.nullish(z.int().check(z.minimum(1), z.maximum(most)));
const flag = z.nullish(z.boolean());
const glob = z.string().check(z.minLength(1), z.maxLength(200));

/** Each field of a policy as the API takes it; null is absent. `midstream` may be one mode alone. */
export const POLICY_FIELDS = {
  slo_ms: milliseconds(LONGEST_MS),
  max_cost_usd: z.nullish(z.number().check(z.gt(0), z.maximum(1_000_000))),
  min_accuracy: z.nullish(z.number().check(z.minimum(0), z.maximum(1))),
  region: z.nullish(z.string().check(z.minLength(1), z.maxLength(100))),
  allow: z.nullish(z.array(glob).check(z.minLength(1), z.maxLength(100))),
  deny: z.nullish(z.array(glob).check(z.maxLength(100))),
  objective: z.nullish(z.enum(OBJECTIVES)),
  require_parameters: flag,
  data_collection: z.nullish(z.enum(['allow', 'deny'])),
  allow_unrated: flag,
  first_token_ms: milliseconds(LONGEST_MS),
  idle_ms: milliseconds(LONGEST_MS),
  total_ms: milliseconds(LONGEST_MS),
  max_attempts: z.nullish(z.int().check(z.minimum(1), z.maximum(MOST_ATTEMPTS))),
  backoff_ms: z.nullish(z.int().check(z.minimum(0), z.maximum(MOST_BACKOFF_MS))),
  max_wake_ms: z.nullish(z.int().check(z.minimum(0), z.maximum(LONGEST_WAKE_MS))),
  midstream: z.nullish(z.array(z.enum(MIDSTREAM_MODES)).check(z.minLength(1))),
  repair: z.nullish(z.enum(REPAIRS)),
};

const PolicyInput = z.strictObject(POLICY_FIELDS);

/**
 * A policy as somebody declared it, checked, without its nulls.
 * @param param what it is called where it was given: errors name `<param>.max_cost_usd`.
 * @throws GatewayError `invalid_type`, `invalid_value`, or `unsupported_parameter` for a field that policies
 *   do not have.
 */
export function readPolicy(input: unknown, param = 'policy'): Policy {
  const given = isObject(input) ? { ...input, midstream: asList(input.midstream) } : input;
  const result = PolicyInput.safeParse(given);
  if (result.success) return declared(result.data);
  throw refusal(result.error.issues[0], given, param);
}

/** One mode alone as the list that it stands for. */
function asList<T>(value: T): T | string[] {
  return typeof value === 'string' ? [value] : value;
}

/** What is declared of the fields of a policy: neither null nor undefined. */
export function declared(fields: z.infer<typeof PolicyInput>): Policy {
  const policy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined) policy[name] = value;
  }
  // A preference that stands twice counts where it stands first.
  if (fields.midstream) policy.midstream = [...new Set(fields.midstream)];
  if (fields.region) policy.region = fields.region.toLowerCase();
  return policy;
}

function refusal(issue: Parameters<typeof inputError>[0], input: unknown, param: string): GatewayError {
  const named = issue && { ...issue, path: [param, ...issue.path] };
  return inputError(named, { [param]: input });
}
