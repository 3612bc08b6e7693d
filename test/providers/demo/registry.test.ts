import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { demoFetch } from '../../../src/providers/demo/index.ts';
import {
  DEMO_ALIASES,
  DEMO_ENDPOINTS,
  DEMO_MODELS,
  DEMO_PROVIDERS,
} from '../../../src/providers/demo/registry.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the registry of the demo provider', () => {
  it('hangs together', () => {
    const models = new Set(DEMO_MODELS.map((model) => model.id));
    const providers = new Set(DEMO_PROVIDERS.map((provider) => provider.id));
    expect(new Set(DEMO_ENDPOINTS.map((endpoint) => endpoint.id)).size).toBe(DEMO_ENDPOINTS.length);
    for (const endpoint of DEMO_ENDPOINTS) {
      expect(endpoint.id).toBe(`${endpoint.model}@${endpoint.provider}`);
      expect(models).toContain(endpoint.model);
      expect(providers).toContain(endpoint.provider);
      expect(endpoint.priceVersion).toBe('demo-2');
      expect(Number.isInteger(endpoint.price?.input) && Number.isInteger(endpoint.price?.output)).toBe(true);
    }
    for (const model of models)
      expect(DEMO_ENDPOINTS.some((endpoint) => endpoint.model === model)).toBe(true);
    expect(new Set(Object.values(DEMO_ALIASES))).toEqual(models);
    expect(DEMO_ALIASES['demo-echo']).toBe('demo/echo');
  });

  it('is cheapest where it neither fails nor waits on purpose', () => {
    const price = ({ price: found }: (typeof DEMO_ENDPOINTS)[number]): number => found?.input ?? 0;
    const chat = new Set(DEMO_MODELS.filter(({ kind }) => kind === 'chat').map(({ id }) => id));
    const [first, second] = DEMO_ENDPOINTS.filter(({ model }) => chat.has(model)).toSorted(
      (a, b) => price(a) - price(b),
    );
    expect(first?.id).toBe('demo/echo@demo');
    if (first && second) expect(price(first)).toBeLessThan(price(second));
  });

  it('is served inside the Worker, at addresses that lead nowhere', () => {
    for (const provider of DEMO_PROVIDERS) {
      expect(provider.transport).toBe('internal');
      expect(new URL(provider.baseUrl).hostname).toMatch(/\.invalid$/);
    }
  });

  it('has a model whose first endpoint fails and whose second, of another provider, answers', () => {
    const endpoints = DEMO_ENDPOINTS.filter((endpoint) => endpoint.model === 'demo/resilient');
    expect(endpoints.map((endpoint) => [endpoint.provider, endpoint.upstreamModel])).toEqual([
      ['demo', 'demo-fail'],
      ['demo-backup', 'demo-echo'],
    ]);
  });

  it.each(DEMO_ENDPOINTS.map((endpoint) => [endpoint.id, endpoint] as const))(
    '%s is served',
    async (_, endpoint) => {
      const provider = DEMO_PROVIDERS.find((one) => one.id === endpoint.provider);
      const body = JSON.stringify({
        model: endpoint.upstreamModel,
        messages: [{ role: 'user', content: 'Hi' }],
        input: 'Hi',
        prompt: 'Hi',
        query: 'Hi',
        documents: ['Hi'],
        stream: true,
      });
      const paths: Record<string, string> = {
        'demo-embed': '/embeddings',
        'demo-image': '/images/generations',
        'demo-moderation': '/moderations',
        'demo-rerank': '/rerank',
        'demo-speech': '/audio/speech',
        'demo-transcribe': '/audio/transcriptions',
      };
      const path = paths[endpoint.upstreamModel] ?? '/chat/completions';
      const form = new FormData();
      form.set('model', endpoint.upstreamModel);
      form.set('file', new File(['sound'], 'a.wav'));
      const sent = path === '/audio/transcriptions' ? form : body;
      const request = new Request(`${provider?.baseUrl}${path}`, { method: 'POST', body: sent });
      const response = await demoFetch(request);
      const expected: Record<string, number> = { 'demo-fail': 500, 'demo-limited': 429, 'demo-sleepy': 503 };
      expect(response.status).toBe(expected[endpoint.upstreamModel] ?? 200);
      await response.body?.cancel();
    },
  );
});
