import { DEFAULT_PRICING } from '../src/billing/pricing.ts';
import type { Provider } from '../src/providers/types.ts';
import { Registry } from '../src/registry/snapshot.ts';
import type { Endpoint, Model } from '../src/registry/types.ts';
import { decide } from '../src/routing/decide.ts';
import type { EndpointHealth, HealthView } from '../src/routing/health/types.ts';
import { needsOf } from '../src/routing/needs.ts';
import type { Policy } from '../src/routing/policy/types.ts';
import { rowsOf } from '../src/routing/rows.ts';
import { sessionOf } from '../src/routing/session.ts';
import type { Asked, Situation } from '../src/routing/situation.ts';

const MODELS = 500;
const ENDPOINTS_PER_MODEL = 3;
const PROVIDERS = 50;
const REGIONS = ['eu-west-1', 'eu-central-1', 'us-east-1'];

/** Decisions of one round. */
const DECISIONS = 300;

/** What one kind of decision takes, microseconds: each round's. */
export interface RoutingFigures {
  name: string;
  microseconds: number[];
  /** The target. */
  most: number;
}

const QUESTIONS: readonly { name: string; model: string | null; policy: Policy; most: number }[] = [
  { name: 'a named model with a policy', model: 'vendor7/model-7', policy: { region: 'eu' }, most: 50 },
  { name: 'auto', model: null, policy: {}, most: 500 },
  {
    name: 'auto, seven constraints',
    model: null,
    policy: {
      slo_ms: 350,
      max_cost_usd: 0.02,
      min_accuracy: 0.5,
      region: 'eu',
      allow: ['vendor1/*', 'vendor2/*', 'vendor3/*', 'vendor4/*'],
      deny: ['*/model-11'],
      data_collection: 'deny',
    },
    most: 500,
  },
  { name: 'auto, by latency', model: null, policy: { objective: 'latency', slo_ms: 350 }, most: 500 },
];

const MESSAGES = [{ role: 'user', content: 'Say something of about the usual length, please. '.repeat(20) }];
const INPUT_TOKENS = 250;

/**
 * Decides over 500 models and 1,500 endpoints, all of which are configured and of known health, in this process:
 * from the parsed body to the ranked endpoints.
 */
export function measureRouting(rounds: number): RoutingFigures[] {
  const registry = registryOfBench();
  const health = healthOfBench(registry);
  return QUESTIONS.map(({ name, model, policy, most }) => {
    const once = (): number => decideOnce(registry, health, model, policy);
    if (once() === 0) throw new Error(`Nobody may serve ${name}.`);
    for (let warm = 0; warm < DECISIONS; warm++) once();
    return { name, microseconds: Array.from({ length: rounds }, () => timeOf(once)), most };
  });
}

/** Microseconds of this process on the CPU for one decision, whatever else runs. */
function timeOf(once: () => number): number {
  const before = process.cpuUsage();
  for (let at = 0; at < DECISIONS; at++) once();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / DECISIONS;
}

/** How many endpoints may serve. */
function decideOnce(registry: Registry, health: HealthView, model: string | null, policy: Policy): number {
  const rows = rowsOf(registry);
  const body = { messages: MESSAGES };
  const situation: Situation = {
    rows,
    health,
    now: Date.now(),
    policy,
    preferences: {
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
    },
    request: {
      body,
      bytes: INPUT_TOKENS * 4,
      needs: needsOf(body, INPUT_TOKENS),
      maxOutputTokens: null,
      answers: 1,
      units: {},
      expectedOutput: 300,
    },
    caller: { models: [['*'], null], paidBy: () => 'operator', pricing: DEFAULT_PRICING, scores: null },
  };
  const asked: Asked = {
    groups: [
      {
        rows: model === null ? rows.all : rows.ofModel(model),
        kind: model === null ? 'auto' : 'named',
        on: null,
        sort: null,
      },
    ],
    split: false,
    session: sessionOf('ws_bench', null, MESSAGES),
    current: null,
  };
  return decide(situation, asked).ranked.length;
}

function registryOfBench(): Registry {
  const providers: Provider[] = Array.from({ length: PROVIDERS }, (_, at) => ({
    id: `provider${at}`,
    name: `Provider ${at}`,
    baseUrl: `https://provider${at}.example/v1`,
    wire: 'openai',
    auth: { kind: 'bearer' },
  }));
  const models: Model[] = [];
  const endpoints: Endpoint[] = [];
  for (let at = 0; at < MODELS; at++) {
    const model = modelOf(at);
    models.push(model);
    for (let way = 0; way < ENDPOINTS_PER_MODEL; way++) endpoints.push(endpointOf(model, at, way));
  }
  const credentials = providers.map(({ id }) => ({
    id: `cred_${id}`,
    provider: id,
    sealed: 'v2.bench',
    lastFour: 'ench',
  }));
  return new Registry({ version: 1, catalogue: 0, providers, credentials, models, endpoints, aliases: {} });
}

function modelOf(at: number): Model {
  return {
    id: `vendor${at % 10}/model-${at}`,
    name: `Model ${at}`,
    vendor: `vendor${at % 10}`,
    family: null,
    kind: 'chat',
    contextLength: 128_000,
    maxOutputTokens: 8_192,
    inputModalities: ['text'],
    outputModalities: ['text'],
    knowledge: null,
    releaseDate: null,
    openWeights: null,
    benchmarks: [{ name: 'bench', score: 30 + ((at * 37) % 70) }],
  };
}

function endpointOf(model: Model, at: number, way: number): Endpoint {
  const provider = `provider${(at + way * 7) % PROVIDERS}`;
  const input = (1 + ((at * 53 + way * 17) % 900)) * 10_000_000;
  return {
    id: `${model.id}@${provider}`,
    model: model.id,
    provider,
    upstreamModel: model.name,
    price: { input, output: input * 4, cachedInput: input / 10 },
    priceVersion: null,
    contextLength: null,
    maxOutputTokens: null,
    regions: [REGIONS[(at + way) % REGIONS.length] ?? ''],
    capabilities: { tools: true, structuredOutput: true },
    dataPolicy: { training: at % 4 === 0 },
  };
}

/** Of every endpoint something is known. */
function healthOfBench(registry: Registry): HealthView {
  const counts = { requests: 100, errors: 1, cuts: 0, stalls: 0 };
  const known = new Map<string, EndpointHealth>();
  for (const [at, { id }] of registry.models.flatMap((model) => registry.endpoints(model.id)).entries()) {
    const distribution = (p50: number) => ({ ewma: p50, p50, p95: 2 * p50, p99: 3 * p50, samples: 100 });
    known.set(id, {
      circuit: 'closed',
      openUntil: 0,
      ttft: distribution(100 + ((at * 31) % 900)),
      answer: null,
      throughput: distribution(20 + ((at * 13) % 180)),
      last30s: counts,
      last5m: counts,
      toolCalls: { valid: 0, invalid: 0 },
      structured: { valid: 0, invalid: 0 },
      wakingSince: null,
    });
  }
  const ratio = { tokensPerByte: 0.25 };
  return { endpoint: (id) => known.get(id) ?? null, model: () => ratio };
}
