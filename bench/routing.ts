import { DEFAULT_PRICING } from '../src/billing/pricing.ts';
import { plan } from '../src/gateway/plan.ts';
import { readChatRequest } from '../src/gateway/request.ts';
import type { Question } from '../src/gateway/situation.ts';
import type { Provider } from '../src/providers/types.ts';
import { Registry } from '../src/registry/snapshot.ts';
import type { Endpoint, Model } from '../src/registry/types.ts';
import type { EndpointHealth, HealthView } from '../src/routing/health/types.ts';

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

const QUESTIONS: readonly [name: string, body: object, most: number][] = [
  ['a named model', { model: 'vendor7/model-7' }, 10],
  ['auto', { model: 'auto' }, 500],
  [
    'auto, every constraint',
    {
      model: 'auto',
      policy: {
        slo_ms: 350,
        max_cost_usd: 0.02,
        min_accuracy: 0.5,
        region: 'eu',
        allow: ['vendor1/*', 'vendor2/*', 'vendor3/*', 'vendor4/*'],
        deny: ['*/model-11'],
        data_collection: 'deny',
      },
    },
    500,
  ],
  ['auto, the fastest of all', { model: 'auto', policy: { objective: 'latency', slo_ms: 350 } }, 500],
];

/**
 * Decides over 500 models and 1,500 endpoints, with credentials for all of them and health known of each, in this
 * process: from the parsed request to the candidates with their credentials.
 */
export function measureRouting(rounds: number): RoutingFigures[] {
  const registry = registryOfBench();
  const health = healthOfBench(registry);
  return QUESTIONS.map(([name, body, most]) => {
    const ask = questionOf(body, registry, health);
    const decided = plan(ask());
    if (decided.candidates.length === 0) throw new Error(`Nobody may serve ${name}.`);
    for (let warm = 0; warm < DECISIONS; warm++) plan(ask());
    return { name, microseconds: Array.from({ length: rounds }, () => timeOf(ask)), most };
  });
}

/** Microseconds of this process on the CPU for one decision, whatever else runs. Requests are read before. */
function timeOf(ask: () => Question): number {
  const questions = Array.from({ length: DECISIONS }, ask);
  const before = process.cpuUsage();
  for (const question of questions) plan(question);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / DECISIONS;
}

function questionOf(body: object, registry: Registry, health: HealthView): () => Question {
  const content = 'Say something of about the usual length, please. '.repeat(20);
  const bytes = new TextEncoder().encode(JSON.stringify({ ...body, messages: [{ role: 'user', content }] }));
  const caller: Question['caller'] = {
    kind: 'key',
    expiresAt: null,
    keyId: 'key_bench',
    workspaceId: 'ws_bench',
    projectId: 'proj_bench',
    userId: null,
    role: 'inference',
    models: ['*'],
    workspaceModels: null,
    workspaceAliases: null,
    allowedIps: null,
    allowance: null,
    workspaceAllowance: null,
    projectAllowance: null,
    memberAllowance: null,
    pricing: DEFAULT_PRICING,
  };
  // Routing reads variables of it alone.
  const env = { LOCAL: 'false' } as unknown as Question['env'];
  return () => ({ caller, ...readChatRequest(bytes), registry, env, health });
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
      wakingSince: null,
    });
  }
  const ratio = { tokensPerByte: 0.25 };
  return { endpoint: (id) => known.get(id) ?? null, model: () => ratio };
}
