import type { Catalogue, CatalogueEndpoint, CatalogueModel } from '../registry/catalogue/types.ts';
import { servedAt } from './served-apis.ts';
import { SOUND_MODELS, SOUND_PRICES } from './sound-models.ts';
import { withToolPrices } from './tool-prices.ts';

/** A model that models.dev does not have, or not at its vendor. */
export interface Addition extends Omit<CatalogueModel, 'aliases'> {
  provider: string;
  upstream: string;
  /** Absent where nobody says it. */
  price: CatalogueEndpoint['price'];
  /** URL of what says the price. */
  source: string;
}

/** USD per search as nano-USD. */
const perSearch = (usd: number): Addition['price'] => ({
  input: 0,
  output: 0,
  perSearch: usd * 1_000_000_000,
});

/** USD per 1M tokens. */
const perTokens = (input: number, output: number): Addition['price'] => ({
  input: input * 1_000_000_000,
  output: output * 1_000_000_000,
});

/** USD per 1M tokens of input, which is all that is charged. */
const perInput = (usd: number): Addition['price'] => ({ input: usd * 1_000_000_000, output: 0 });

const RERANK = { kind: 'rerank', open: false } as const;
const COMPLETION = { provider: 'openai', knowledge: '2021-09-01', open: false } as const;
const MODERATION = { kind: 'moderation', open: false } as const;
/** "Moderation models are free models designed to detect harmful content." */
const OPENAI_MODERATION = 'https://platform.openai.com/docs/models/omni-moderation-latest';
const COHERE_RERANK_4 = 'https://developer.puter.com/tutorials/cohere-api-pricing/';
const VOYAGE_PRICING = 'https://docs.voyageai.com/docs/pricing';

const ADDITIONS: readonly Addition[] = [
  {
    id: 'openai/omni-moderation-latest',
    name: 'Omni Moderation (latest)',
    ...MODERATION,
    takes: 'text,image',
    released: '2024-09-26',
    provider: 'openai',
    upstream: 'omni-moderation-latest',
    price: perInput(0),
    source: OPENAI_MODERATION,
  },
  {
    id: 'openai/omni-moderation-2024-09-26',
    name: 'Omni Moderation 2024-09-26',
    ...MODERATION,
    takes: 'text,image',
    released: '2024-09-26',
    provider: 'openai',
    upstream: 'omni-moderation-2024-09-26',
    price: perInput(0),
    source: OPENAI_MODERATION,
  },
  {
    id: 'mistralai/mistral-moderation-2603',
    name: 'Mistral Moderation 2',
    ...MODERATION,
    context: 128_000,
    released: '2026-03-01',
    provider: 'mistral',
    upstream: 'mistral-moderation-2603',
    price: perInput(0),
    source:
      'https://github.com/mistralai/platform-docs-public/blob/main/src/schema/models/models/mistral-moderation-26-03.ts',
  },
  {
    id: 'cohere/rerank-v3.5',
    name: 'Rerank 3.5',
    ...RERANK,
    context: 4096,
    released: '2024-12-02',
    provider: 'cohere-embed',
    upstream: 'rerank-v3.5',
    price: perSearch(0.002),
    source: 'https://cohere.com/pricing',
  },
  {
    id: 'cohere/rerank-v4.0-fast',
    name: 'Rerank 4 Fast',
    ...RERANK,
    context: 32_768,
    released: '2025-12-11',
    provider: 'cohere-embed',
    upstream: 'rerank-v4.0-fast',
    price: perSearch(0.002),
    source: COHERE_RERANK_4,
  },
  {
    id: 'cohere/rerank-v4.0-pro',
    name: 'Rerank 4 Pro',
    ...RERANK,
    context: 32_768,
    released: '2025-12-11',
    provider: 'cohere-embed',
    upstream: 'rerank-v4.0-pro',
    price: perSearch(0.0025),
    source: COHERE_RERANK_4,
  },
  {
    id: 'cohere/rerank-v5.0-fast',
    name: 'Rerank 5 Fast',
    ...RERANK,
    context: 32_768,
    released: '2026-11-03',
    provider: 'cohere-embed',
    upstream: 'rerank-v5.0-fast',
    price: perInput(0.02),
    source: 'https://openrouter.ai/models/cohere/rerank-5-fast-20261028',
  },
  {
    id: 'cohere/rerank-v5.0-pro',
    name: 'Rerank 5 Pro',
    ...RERANK,
    context: 32_768,
    provider: 'cohere-embed',
    upstream: 'rerank-v5.0-pro',
    price: perInput(0.05),
    source: 'https://www.getmaxim.ai/bifrost/llm-cost-calculator/provider/cohere/model/rerank-v5.0-pro.md',
  },
  {
    id: 'voyageai/rerank-2.5',
    name: 'Rerank 2.5',
    ...RERANK,
    context: 32_000,
    released: '2025-08-11',
    provider: 'voyage',
    upstream: 'rerank-2.5',
    price: perInput(0.05),
    source: VOYAGE_PRICING,
  },
  {
    id: 'voyageai/rerank-2.5-lite',
    name: 'Rerank 2.5 Lite',
    ...RERANK,
    context: 32_000,
    released: '2025-08-11',
    provider: 'voyage',
    upstream: 'rerank-2.5-lite',
    price: perInput(0.02),
    source: VOYAGE_PRICING,
  },
  {
    id: 'openai/gpt-3.5-turbo-instruct',
    name: 'GPT-3.5 Turbo Instruct',
    ...COMPLETION,
    context: 4096,
    output: 4096,
    upstream: 'gpt-3.5-turbo-instruct',
    price: perTokens(1.5, 2),
    source: 'https://developers.openai.com/api/docs/models/gpt-3.5-turbo-instruct',
  },
  {
    id: 'openai/davinci-002',
    name: 'Davinci 002',
    ...COMPLETION,
    output: 16_384,
    upstream: 'davinci-002',
    price: perTokens(2, 2),
    source: 'https://developers.openai.com/api/docs/models/davinci-002',
  },
  {
    id: 'openai/babbage-002',
    name: 'Babbage 002',
    ...COMPLETION,
    output: 16_384,
    upstream: 'babbage-002',
    price: perTokens(0.4, 0.4),
    source: 'https://developers.openai.com/api/docs/models/babbage-002',
  },
  ...SOUND_MODELS,
];

/** The catalogue with what models.dev lacks. What it has come to have is as it says. */
export function withAdditions({ models, endpoints }: Catalogue): Catalogue {
  const known = new Set(models.map(({ id }) => id));
  const served = new Set(endpoints.map(({ model, provider }) => `${model}@${provider}`));
  const added = additions().filter(
    ({ endpoint: { model, provider } }) => !served.has(`${model}@${provider}`),
  );
  const newModels = added.flatMap(({ model }) => (known.has(model.id) ? [] : [model]));
  return {
    models: [...models, ...newModels].sort((a, b) => compare(a.id, b.id)),
    // A model's vendor comes before others that serve it.
    endpoints: [...added.map(({ endpoint }) => endpoint), ...endpoints.map(withPrice)].sort((a, b) =>
      compare(a.model, b.model),
    ),
  };
}

function withPrice(endpoint: CatalogueEndpoint): CatalogueEndpoint {
  const price = endpoint.price ?? SOUND_PRICES.get(`${endpoint.model}@${endpoint.provider}`);
  return withToolPrices(price ? { ...endpoint, price } : endpoint);
}

/** What is added, as the catalogue writes it. */
export function additions(): { model: CatalogueModel; endpoint: CatalogueEndpoint }[] {
  return ADDITIONS.map(({ provider, upstream, price, source: _source, ...model }) => ({
    model: { ...model, aliases: [upstream] },
    endpoint: {
      model: model.id,
      provider,
      upstream,
      ...(price ? { price } : {}),
      can: '',
      ...servedAt(provider, upstream),
    },
  }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
