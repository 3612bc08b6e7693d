import * as z from 'zod/mini';
import { GatewayError } from '../../errors.ts';
import { inputError } from '../../invalid-input.ts';
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { declared, POLICY_FIELDS, readPolicy } from '../../routing/policy/input.ts';
import type { Policy } from '../../routing/policy/types.ts';
import type { Preferences } from '../../routing/types.ts';
import type { Control } from '../types.ts';

/** Members that are not the gateway's own and that it acts on beside those of `EXTENSIONS`. */
export const READ_TOO = ['max_tokens', 'max_completion_tokens', 'n', 'prompt_cache_key'] as const;

/** Read, but without effect in this version: said in `x-dropped-params`. */
const UNUSED = ['cache'];

/** Reads a header of the request by its name in lower case. */
export type ReadHeader = (name: string) => string | undefined;

const NO_HEADERS: ReadHeader = () => undefined;

/** What is longer would cost a decision more than the request. */
const MOST_LISTED = 100;

const Strings = z.array(z.string().check(z.minLength(1))).check(z.maxLength(MOST_LISTED));
const Text = z.string().check(z.minLength(1), z.maxLength(256));
const Usd = z.union([z.number().check(z.minimum(0)), z.string().check(z.regex(/^\d{1,9}(\.\d{1,12})?$/))]);
/** OpenRouter takes cut-offs by percentile too; of those the median alone is measured here. */
const Median = z.union([
  z.number().check(z.gt(0)),
  z.strictObject({ p50: z.nullish(z.number().check(z.gt(0))) }),
]);
const SORTS = ['price', 'throughput', 'latency'] as const;

/** https://openrouter.ai/docs/features/provider-routing */
const Provider = z.strictObject({
  order: z.nullish(Strings),
  only: z.nullish(Strings),
  ignore: z.nullish(Strings),
  allow_fallbacks: z.nullish(z.boolean()),
  require_parameters: z.nullish(z.boolean()),
  data_collection: z.nullish(z.enum(['allow', 'deny'])),
  quantizations: z.nullish(Strings),
  sort: z.nullish(
    z.union([
      z.enum(SORTS),
      z.strictObject({ by: z.enum(SORTS), partition: z.nullish(z.enum(['model', 'none'])) }),
    ]),
  ),
  max_price: z.nullish(
    z.strictObject({ prompt: z.nullish(Usd), completion: z.nullish(Usd), request: z.nullish(Usd) }),
  ),
  preferred_max_latency: z.nullish(Median),
  preferred_min_throughput: z.nullish(Median),
});

const Head = z.looseObject({
  model: z.string().check(z.minLength(1)),
  stream: z.nullish(z.boolean()),
  stream_options: z.nullish(z.looseObject({ include_usage: z.nullish(z.boolean()) })),
  n: z.nullish(z.int().check(z.minimum(1))),
  max_tokens: z.nullish(z.int().check(z.minimum(1))),
  max_completion_tokens: z.nullish(z.int().check(z.minimum(1))),
  models: z.nullish(Strings),
  require_parameters: POLICY_FIELDS.require_parameters,
  provider: z.nullish(Provider),
  workflow: z.nullish(Text),
  session_id: z.nullish(Text),
  midstream: POLICY_FIELDS.midstream,
  max_wake_ms: POLICY_FIELDS.max_wake_ms,
  repair: POLICY_FIELDS.repair,
});

type Head = z.infer<typeof Head>;

/** What a request says to the gateway, from the small members of its body and from the headers that are their twins. */
export interface Spoken {
  control: Control;
  stream: boolean;
  includeUsage: boolean;
}

/**
 * Checks what the gateway acts on. Of a member and its twin among the headers the member counts.
 * @param head the parsed members that are acted on.
 * @param present the names among `EXTENSIONS` that the body has.
 * @throws GatewayError `missing_parameter`, `invalid_type`, `invalid_value` or `unsupported_parameter`, naming
 *   the parameter: a header by its own name.
 */
export function readControl(
  members: JsonObject,
  present: readonly string[],
  readHeader: ReadHeader = NO_HEADERS,
): Spoken {
  const given =
    typeof members.midstream === 'string' ? { ...members, midstream: [members.midstream] } : members;
  const result = Head.safeParse(given);
  if (!result.success) throw inputError(result.error.issues[0], given);
  const head = result.data;
  const { policy, name } = readPolicies(given, head, readHeader);
  return {
    stream: head.stream ?? false,
    includeUsage: head.stream_options?.include_usage ?? false,
    control: {
      model: head.model,
      fallbackModels: head.models ?? [],
      maxOutputTokens: outputLimitOf(head),
      answers: head.n ?? 1,
      policy,
      policyName: name,
      workflow: head.workflow ?? textHeader('x-workflow', readHeader),
      sessionId: head.session_id ?? textHeader('x-session-id', readHeader) ?? cacheKey(given),
      preferences: head.provider ? preferencesOf(head.provider) : NO_PREFERENCES,
      unused: present.filter((extension) => UNUSED.includes(extension)),
    },
  };
}

/** Of two limits providers go by the one or the other, so the higher is what may come. */
function outputLimitOf({ max_tokens: older, max_completion_tokens: newer }: Head): number | null {
  return older == null || newer == null ? (newer ?? older ?? null) : Math.max(older, newer);
}

/** A request that says nothing of endpoints. */
export const NO_PREFERENCES: Preferences = Object.freeze({
  order: [],
  only: [],
  ignore: [],
  allowFallbacks: true,
  sort: null,
  acrossModels: false,
  maxPrice: null,
  quantizations: [],
  preferredMaxLatencyMs: null,
  preferredMinThroughput: null,
});

function preferencesOf(provider: z.infer<typeof Provider>): Preferences {
  const { sort, max_price: price, preferred_max_latency: latency } = provider;
  const latencySeconds = medianOf(latency);
  const maxPrice = price && {
    ...(price.prompt == null ? {} : { prompt: Number(price.prompt) }),
    ...(price.completion == null ? {} : { completion: Number(price.completion) }),
    ...(price.request == null ? {} : { request: Number(price.request) }),
  };
  return {
    order: lower(provider.order),
    only: lower(provider.only),
    ignore: lower(provider.ignore),
    allowFallbacks: provider.allow_fallbacks ?? true,
    sort: (typeof sort === 'object' ? sort?.by : sort) ?? null,
    acrossModels: typeof sort === 'object' && sort?.partition === 'none',
    maxPrice: maxPrice && Object.keys(maxPrice).length > 0 ? maxPrice : null,
    quantizations: lower(provider.quantizations),
    preferredMaxLatencyMs: latencySeconds === null ? null : latencySeconds * 1000,
    preferredMinThroughput: medianOf(provider.preferred_min_throughput),
  };
}

function medianOf(given: z.infer<typeof Median> | null | undefined): number | null {
  return (typeof given === 'object' ? given?.p50 : given) ?? null;
}

function lower(names: readonly string[] | null | undefined): readonly string[] {
  return names?.map((name) => name.toLowerCase()) ?? [];
}

/** What the request itself declares: its own members before those of `policy`. */
function readPolicies(
  members: JsonObject,
  head: Head,
  readHeader: ReadHeader,
): { policy: Policy; name: string | null } {
  const { policy, name } = declaredPolicy(members, readHeader);
  const own = declared({
    require_parameters: head.require_parameters ?? head.provider?.require_parameters,
    data_collection: head.provider?.data_collection,
    midstream: head.midstream ?? midstreamHeader(readHeader),
    max_wake_ms: head.max_wake_ms ?? wakeHeader(readHeader),
    repair: head.repair ?? repairHeader(readHeader),
  });
  return { policy: { ...policy, ...own }, name };
}

function declaredPolicy(
  members: JsonObject,
  readHeader: ReadHeader,
): { policy: Policy; name: string | null } {
  if (members.policy !== undefined && members.policy !== null) return policyOrName(members.policy, 'policy');
  const header = readHeader('x-policy')?.trim();
  if (!header) return { policy: {}, name: null };
  if (!header.startsWith('{')) return policyOrName(header, 'x-policy');
  const value = parseJson(header);
  if (value === undefined) {
    throw new GatewayError('invalid_value', {
      param: 'x-policy',
      message: 'The header x-policy must be a JSON object or the name of a policy.',
    });
  }
  return policyOrName(value, 'x-policy');
}

function policyOrName(value: JsonObject[string], param: string): { policy: Policy; name: string | null } {
  if (typeof value !== 'string' && !isObject(value)) {
    throw new GatewayError('invalid_type', {
      param,
      message: `${param} must be an object or the name of a policy.`,
    });
  }
  if (typeof value !== 'string') return { policy: readPolicy(value, param), name: null };
  if (value === '') {
    throw new GatewayError('invalid_value', { param, message: `${param} must not be empty.` });
  }
  return { policy: {}, name: value };
}

function textHeader(name: string, readHeader: ReadHeader): string | null {
  const text = readHeader(name)?.trim();
  if (!text) return null;
  if (text.length > 256) {
    throw new GatewayError('invalid_value', {
      param: name,
      message: `${name} must be at most 256 characters long.`,
    });
  }
  return text;
}

/** `continue, error` */
function midstreamHeader(readHeader: ReadHeader): Policy['midstream'] {
  const text = readHeader('x-midstream');
  if (!text) return undefined;
  const result = POLICY_FIELDS.midstream.safeParse(text.split(',').map((mode) => mode.trim()));
  if (result.success) return result.data ?? undefined;
  const issue = result.error.issues[0];
  throw inputError(issue && { ...issue, path: ['x-midstream'] }, { 'x-midstream': text });
}

function repairHeader(readHeader: ReadHeader): Policy['repair'] {
  const text = readHeader('x-repair');
  if (!text) return undefined;
  const result = POLICY_FIELDS.repair.safeParse(text.trim());
  if (result.success) return result.data ?? undefined;
  const issue = result.error.issues[0];
  throw inputError(issue && { ...issue, path: ['x-repair'] }, { 'x-repair': text });
}

function wakeHeader(readHeader: ReadHeader): Policy['max_wake_ms'] {
  const text = readHeader('x-max-wake-ms');
  if (!text) return undefined;
  const result = POLICY_FIELDS.max_wake_ms.safeParse(Number(text));
  if (result.success) return result.data ?? undefined;
  const issue = result.error.issues[0];
  throw inputError(issue && { ...issue, path: ['x-max-wake-ms'] }, { 'x-max-wake-ms': text });
}

/** OpenAI's own name for what belongs together; whether it is valid is the provider's to say. */
function cacheKey(members: JsonObject): string | null {
  const key = members.prompt_cache_key;
  return typeof key === 'string' && key !== '' ? key : null;
}
