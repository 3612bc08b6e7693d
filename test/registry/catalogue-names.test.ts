import { describe, expect, it } from 'vitest';
import { SHIPPED_PROVIDERS } from '../../src/providers/catalog.ts';
import { canonicalId, NO_OWN_LIST } from '../../src/providers/catalogue-names.ts';
import { isTaken, TAKEN_PROVIDERS } from '../../src/providers/catalogue-taken.ts';
import type { Catalogue } from '../../src/registry/catalogue/types.ts';
import { buildCatalogue } from '../../src/registry/models-dev/build.ts';
import type { Source, SourceModel } from '../../src/registry/models-dev/types.ts';

const SHIPPED = import.meta.glob<string>('../../src/registry/catalogue/models.data.json', {
  query: '?raw',
  eager: true,
  import: 'default',
});
const shipped = JSON.parse(Object.values(SHIPPED)[0] ?? '') as Catalogue;

describe('the canonical id of a provider’s model', () => {
  it.each([
    ['bedrock', 'global.anthropic.claude-opus-4-6-v1', 'anthropic/claude-opus-4-6'],
    ['bedrock', 'global.anthropic.claude-haiku-4-5-20251001-v1:0', 'anthropic/claude-haiku-4-5'],
    ['vertex', 'gemini-3.1-pro-preview', 'google/gemini-3.1-pro-preview'],
    ['cohere', 'command-a-03-2025', 'cohere/command-a'],
    ['cohere', 'command-r7b-12-2024', 'cohere/command-r7b-12-2024'],
    ['nebius', 'deepseek-ai/DeepSeek-V4-Pro', 'deepseek/deepseek-v4-pro'],
    ['nebius', 'nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B', 'nvidia/nemotron-3-nano-30b-a3b'],
    ['workers-ai', '@cf/meta/llama-4-scout-17b-16e-instruct', 'meta-llama/llama-4-scout'],
    ['workers-ai', '@cf/zai-org/glm-5.2', 'z-ai/glm-5.2'],
    // Other weights, another context: not the model of the same name without the ending.
    ['workers-ai', '@cf/meta/llama-3.1-8b-instruct-fp8', 'meta-llama/llama-3.1-8b-instruct-fp8'],
    ['workers-ai', '@cf/deepseek-ai/deepseek-r1-distill-qwen-32b', 'deepseek/deepseek-r1-distill-qwen-32b'],
    ['fireworks', 'accounts/fireworks/models/glm-5p1', 'z-ai/glm-5.1'],
    ['anthropic', 'claude-haiku-4-5-20251001', 'anthropic/claude-haiku-4-5'],
    ['bedrock', 'us.meta.llama4-scout-17b-instruct-v1:0', 'meta-llama/llama-4-scout'],
    ['bedrock', 'amazon.nova-pro-v1:0', 'amazon/nova-pro-v1'],
    ['bedrock-openai', 'openai.gpt-oss-120b-1:0', 'openai/gpt-oss-120b'],
    ['vertex-anthropic', 'claude-opus-4-8@default', 'anthropic/claude-opus-4-8'],
    ['vertex-anthropic', 'claude-haiku-4-5@20251001', 'anthropic/claude-haiku-4-5'],
    // A deployment that bears the model's name.
    ['azure', 'gpt-4.1-mini', 'openai/gpt-4.1-mini'],
    ['azure', 'o3', 'openai/o3'],
    ['azure', 'gpt-5-chat', 'openai/gpt-5-chat-latest'],
  ])('%s %s', (provider, upstream, id) => {
    expect(canonicalId(provider, upstream)).toBe(id);
  });
});

describe('what is taken of a provider', () => {
  it.each([
    ['bedrock', 'global.anthropic.claude-sonnet-5', true],
    ['bedrock', 'us.anthropic.claude-sonnet-5', false],
    ['bedrock', 'amazon.nova-lite-v1:0', true],
    ['bedrock', 'amazon.nova-2-lite-v1:0', false],
    ['bedrock', 'us.deepseek.r1-v1:0', true],
    ['bedrock', 'deepseek.r1-v1:0', false],
    ['bedrock', 'eu.anthropic.claude-sonnet-5', false],
    ['bedrock-openai', 'openai.gpt-oss-20b-1:0', true],
    ['azure', 'gpt-5.4', true],
    ['azure', 'gpt-5-codex', true],
    ['azure', 'gpt-5-pro', true],
    ['azure', 'gpt-4-32k', false],
    ['azure', 'claude-opus-4-5', false],
    // Priced wrongly in the data.
    ['azure', 'gpt-5.2', false],
    ['vertex', 'gemini-2.5-pro', true],
    ['vertex', 'gemini-2.5-pro-tts', false],
    ['vertex', 'gemini-flash-latest', false],
    ['vertex', 'gemini-embedding-001', false],
    ['vertex', 'claude-opus-4-8@default', false],
    ['cohere', 'c4ai-aya-expanse-8b', false],
    ['openrouter', 'openrouter/auto', false],
    ['openai', 'gpt-5', true],
  ])('%s %s', (provider, id, taken) => {
    expect(isTaken(provider, id)).toBe(taken);
  });

  it('is not what another API or address of the cloud serves', () => {
    const model = (id: string, provider?: SourceModel['provider']): SourceModel => ({
      id,
      name: id,
      ...(provider ? { provider } : {}),
      modalities: { input: ['text'], output: ['text'] },
      limit: {},
    });
    const models = Object.fromEntries(
      [
        model('gpt-4.1'),
        model('gpt-4o', { api: 'https://elsewhere.example/v1' }),
        model('o3', { shape: 'responses' }),
      ].map((one) => [one.id, one]),
    );
    const { endpoints } = buildCatalogue({ azure: { models } }).catalogue;
    expect(endpoints.map(({ upstream }) => upstream)).toEqual(['gpt-4.1']);
  });

  it('answers at the one API that its provider serves it by', () => {
    const model = (id: string): SourceModel => ({
      id,
      name: id,
      modalities: { input: ['text'], output: ['text'] },
      limit: {},
    });
    const models = Object.fromEntries(
      ['gpt-5', 'gpt-5-pro', 'gpt-5.3-codex', 'o4-mini-deep-research', 'gpt-5.4-nano'].map((id) => [
        id,
        model(id),
      ]),
    );
    const apis = (source: Source) =>
      Object.fromEntries(
        buildCatalogue(source).catalogue.endpoints.map(({ provider, upstream, api }) => [
          `${provider}:${upstream}`,
          api,
        ]),
      );
    expect(
      apis({ openai: { models }, azure: { models }, groq: { models: { 'gpt-5-pro': model('gpt-5-pro') } } }),
    ).toEqual({
      'openai:gpt-5': undefined,
      'openai:gpt-5-pro': 'responses',
      'openai:gpt-5.3-codex': 'responses',
      'openai:o4-mini-deep-research': 'responses',
      'openai:gpt-5.4-nano': undefined,
      'azure:gpt-5': undefined,
      'azure:gpt-5-pro': 'responses',
      'azure:gpt-5.3-codex': 'responses',
      'azure:gpt-5.4-nano': undefined,
      'groq:gpt-5-pro': undefined,
    });
  });

  it('is left out of the catalogue otherwise', () => {
    const model = (id: string): SourceModel => ({
      id,
      name: id,
      modalities: { input: ['text'], output: ['text'] },
      limit: {},
      cost: { input: 1, output: 2 },
    });
    const models = Object.fromEntries(
      ['us.anthropic.claude-sonnet-5', 'global.anthropic.claude-sonnet-5'].map((id) => [id, model(id)]),
    );
    expect(buildCatalogue({ 'amazon-bedrock': { models } }).catalogue.endpoints).toEqual([
      {
        model: 'anthropic/claude-sonnet-5',
        provider: 'bedrock',
        upstream: 'global.anthropic.claude-sonnet-5',
        can: '',
        price: { input: 1_000_000_000, output: 2_000_000_000 },
      },
    ]);
  });
});

describe('the providers of the catalogue', () => {
  it('are shipped ones', () => {
    const named = [...TAKEN_PROVIDERS, ...NO_OWN_LIST];
    expect(named.filter((id) => !SHIPPED_PROVIDERS.has(id))).toEqual([]);
  });

  it('each serve something, a vendor’s own first and the reseller last', () => {
    const serving = new Set(shipped.endpoints.map(({ provider }) => provider));
    expect(TAKEN_PROVIDERS.filter((id) => !serving.has(id))).toEqual([]);
    const order = shipped.endpoints.filter(({ model }) => model === 'anthropic/claude-opus-4-8');
    expect(order.map(({ provider }) => provider)).toEqual([
      'anthropic',
      'bedrock',
      'vertex-anthropic',
      'openrouter',
    ]);
    // An hour of cache costs twice the input at Anthropic; what it costs elsewhere is not published.
    const long = order.map(({ price }) => price?.cacheWriteLong);
    expect(long).toEqual([10_000_000_000, undefined, undefined, undefined]);
  });
});

describe('the shipped catalogue', () => {
  const endpoints = (provider: string) => shipped.endpoints.filter((one) => one.provider === provider);

  it('says where alone an endpoint answers at its price', () => {
    const claude = endpoints('vertex-anthropic');
    expect(claude.length).toBeGreaterThan(5);
    for (const { regions } of claude) expect(regions).toEqual(['global']);
    for (const { upstream, regions } of endpoints('bedrock')) {
      const expected = /^us\./.test(upstream)
        ? ['us-east-1', 'us-east-2', 'us-west-2']
        : /^amazon\./.test(upstream)
          ? ['us-east-1']
          : undefined;
      expect(regions, upstream).toEqual(expected);
    }
  });

  it('has scores with a name, a number and where they stand', () => {
    const scores = shipped.models.flatMap(({ benchmarks = [] }) => benchmarks);
    expect(scores.length).toBeGreaterThan(100);
    for (const { name, score, source } of scores) {
      expect(name).not.toBe('');
      expect(Number.isFinite(score)).toBe(true);
      expect(source).toMatch(/^https:\/\//);
    }
  });

  it('does not ship what its source calls deprecated without a day', () => {
    expect(shipped.models.map(({ id }) => id)).not.toContain('anthropic/claude-3-7-sonnet');
  });

  it('has a price for every Azure deployment, beside OpenAI’s own', () => {
    const azure = endpoints('azure');
    expect(azure.length).toBeGreaterThan(15);
    const own = new Set(endpoints('openai').map(({ model }) => model));
    expect(azure.filter(({ model, price }) => !price || !own.has(model))).toEqual([]);
  });
});
