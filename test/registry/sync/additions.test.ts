import { describe, expect, it } from 'vitest';
import { additions, withAdditions } from '../../../src/providers/catalogue-additions.ts';
import { desire } from '../../../src/registry/sync/desired.ts';
import type { Gathered, Known } from '../../../src/registry/sync/types.ts';

const [first, second] = additions();
if (!first || !second) throw new Error('Nothing is added');
const idOf = ({ endpoint }: typeof first): string => `${endpoint.model}@${endpoint.provider}`;

const GATHERED: Gathered = { models: [], endpoints: [], canonical: [], own: new Map(), present: new Map() };
const known = (retired: boolean) =>
  ({
    models: new Map(),
    operators: new Set(),
    benchmarks: new Map(),
    endpoints: new Map([[idOf(first), { retired }]]),
  }) as unknown as Known;

describe('models that no source has', () => {
  it('stay where they are, as no source says that they are gone', () => {
    const desired = desire(GATHERED, known(false));
    expect(desired.models).toEqual([first.model]);
    expect(desired.endpoints).toEqual([first.endpoint]);
  });

  it('do not come back once they were retired', () => {
    expect(desire(GATHERED, known(true)).endpoints).toEqual([]);
  });
});

describe('models that complete texts alone', () => {
  const completes = additions().filter(({ endpoint }) => endpoint.api === 'completions');

  it('are added with their vendor’s prices, before others that serve them', () => {
    expect(
      completes.map(({ model, endpoint: { price } }) => [model.id, price?.input, price?.output]),
    ).toEqual([
      ['openai/gpt-3.5-turbo-instruct', 1_500_000_000, 2_000_000_000],
      ['openai/davinci-002', 2_000_000_000, 2_000_000_000],
      ['openai/babbage-002', 400_000_000, 400_000_000],
    ]);
    const id = 'openai/gpt-3.5-turbo-instruct';
    const reseller = { model: id, provider: 'openrouter', upstream: id, can: '' };
    const { models, endpoints } = withAdditions({
      models: [{ id, name: 'Instruct' }],
      endpoints: [reseller],
    });
    expect(models.filter((model) => model.id === id)).toEqual([{ id, name: 'Instruct' }]);
    expect(endpoints.filter(({ model }) => model === id).map(({ provider }) => provider)).toEqual([
      'openai',
      'openrouter',
    ]);
  });
});
