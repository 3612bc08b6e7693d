import { DEFAULT_PRICING } from '../../src/billing/pricing.ts';
import type { Provider } from '../../src/providers/types.ts';
import { Registry } from '../../src/registry/snapshot.ts';
import type { Endpoint, Model, Price } from '../../src/registry/types.ts';
import type { EndpointHealth, HealthView } from '../../src/routing/health/types.ts';
import type { Policy, RoutingRules } from '../../src/routing/policy/types.ts';
import { rowsOf } from '../../src/routing/rows.ts';
import type { Asked, Group, Situation } from '../../src/routing/situation.ts';
import type { Preferences } from '../../src/routing/types.ts';
import { UNKNOWN_HEALTH } from '../../src/routing/unknown-health.ts';

/** USD per 1M tokens. */
export const price = (input: number, output: number, more: Partial<Price> = {}): Price => ({
  input: input * 1e9,
  output: output * 1e9,
  ...more,
});

/** Every provider of the tests is the operator's own, and takes no secret. */
const provider = (id: string): Provider => ({
  id,
  name: id,
  baseUrl: `https://${id}.example/v1`,
  wire: 'openai',
  auth: { kind: 'none' },
});

export const model = (id: string, more: Partial<Model> = {}): Model => ({
  id,
  name: id,
  vendor: id.split('/')[0] ?? '',
  family: null,
  kind: 'chat',
  contextLength: 100_000,
  maxOutputTokens: null,
  inputModalities: ['text'],
  outputModalities: ['text'],
  knowledge: null,
  releaseDate: null,
  openWeights: null,
  ...more,
});

/** `vendor/model@provider`. */
export const endpoint = (id: string, more: Partial<Endpoint> = {}): Endpoint => {
  const [modelId = '', providerId = ''] = id.split('@');
  return {
    id,
    model: modelId,
    provider: providerId,
    upstreamModel: modelId,
    price: price(1, 2),
    priceVersion: null,
    contextLength: null,
    maxOutputTokens: null,
    regions: [],
    capabilities: {},
    ...more,
  };
};

export function registryOf(
  endpoints: readonly Endpoint[],
  models: readonly Model[] = [],
  routing?: RoutingRules,
): Registry {
  const given = new Map(models.map((one) => [one.id, one]));
  for (const { model: id } of endpoints) if (!given.has(id)) given.set(id, model(id));
  return new Registry({
    version: 1,
    catalogue: 0,
    providers: [...new Set(endpoints.map((one) => one.provider))].map(provider),
    credentials: [],
    models: [...given.values()],
    endpoints: [...endpoints],
    aliases: {},
    ...(routing ? { routing } : {}),
  });
}

const DISTRIBUTION = { p95: 0, p99: 0, samples: 10 };
const COUNTS = { requests: 10, errors: 0, cuts: 0, stalls: 0 };

export const health = (
  more: { ttft?: number; speed?: number } & Partial<Omit<EndpointHealth, 'ttft'>>,
): EndpointHealth => {
  const { ttft, speed, ...rest } = more;
  return {
    circuit: 'closed',
    openUntil: 0,
    ttft: ttft === undefined ? null : { ...DISTRIBUTION, ewma: ttft, p50: ttft },
    answer: null,
    throughput: speed === undefined ? null : { ...DISTRIBUTION, ewma: speed, p50: speed },
    last30s: COUNTS,
    last5m: COUNTS,
    toolCalls: { valid: 0, invalid: 0 },
    structured: { valid: 0, invalid: 0 },
    wakingSince: null,
    ...rest,
  };
};

/** Far in the future, and far from zero. */
export const OPEN = health({ circuit: 'open', openUntil: 9e15 });

export const healthOf = (
  endpoints: Readonly<Record<string, EndpointHealth>>,
  ratios: Readonly<Record<string, number>> = {},
): HealthView => ({
  endpoint: (id) => endpoints[id] ?? null,
  model: (id) => (ratios[id] === undefined ? null : { tokensPerByte: ratios[id] }),
});

export const PREFERENCES: Preferences = {
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
};

export interface Scene {
  policy?: Policy;
  preferences?: Partial<Preferences>;
  health?: HealthView;
  request?: Partial<Omit<Situation['request'], 'needs'>> & { needs?: Partial<Situation['request']['needs']> };
  caller?: Partial<Situation['caller']>;
  now?: number;
}

/** A request of 1,000 input tokens by a caller who may call everything, unless said otherwise. */
export function situation(registry: Registry, scene: Scene = {}): Situation {
  return {
    rows: rowsOf(registry),
    health: scene.health ?? UNKNOWN_HEALTH,
    now: scene.now ?? 1_000_000,
    policy: scene.policy ?? {},
    preferences: { ...PREFERENCES, ...scene.preferences },
    request: {
      body: {},
      bytes: 3_000,
      maxOutputTokens: null,
      answers: 1,
      units: {},
      expectedOutput: null,
      ...scene.request,
      needs: {
        images: false,
        audio: false,
        files: false,
        tools: false,
        schema: false,
        inputTokens: 1_000,
        ...scene.request?.needs,
      },
    },
    caller: {
      models: [],
      paidBy: () => 'operator',
      pricing: DEFAULT_PRICING,
      scores: null,
      ...scene.caller,
    },
  };
}

export const asked = (groups: Group[], more: Partial<Asked> = {}): Asked => ({
  groups,
  split: false,
  session: null,
  current: null,
  ...more,
});

export const auto = (registry: Registry): Group => ({
  rows: rowsOf(registry).all,
  kind: 'auto',
  on: null,
  sort: null,
});

export const named = (registry: Registry, id: string): Group => ({
  rows: rowsOf(registry).ofModel(id),
  kind: 'named',
  on: null,
  sort: null,
});
