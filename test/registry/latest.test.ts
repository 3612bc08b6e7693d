import { describe, expect, it } from 'vitest';
import catalogue from '../../src/registry/catalogue/models.data.json';
import type { Catalogue } from '../../src/registry/catalogue/types.ts';
import { modelRow } from '../../src/registry/import.ts';
import { latestNames } from '../../src/registry/latest.ts';
import { Registry } from '../../src/registry/snapshot.ts';
import type { Endpoint, Modality, Model, RegistryData } from '../../src/registry/types.ts';

function model(
  id: string,
  family: string | null,
  releaseDate: string | null,
  more: Partial<Model> = {},
): Model {
  return {
    id,
    name: id,
    vendor: id.slice(0, id.indexOf('/')),
    family,
    kind: 'chat',
    contextLength: null,
    maxOutputTokens: null,
    inputModalities: ['text'],
    outputModalities: ['text'],
    knowledge: null,
    releaseDate,
    openWeights: null,
    ...more,
  };
}

/** The names of these models, as name → id. */
function names(...models: Model[]): Record<string, string> {
  const found = latestNames(
    models.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    () => true,
    () => false,
  );
  return Object.fromEntries([...found].map(([name, { id }]) => [name, id]));
}

const SONNETS = [
  model('anthropic/claude-sonnet-4', 'claude-sonnet', '2025-05-22'),
  model('anthropic/claude-sonnet-5', 'claude-sonnet', '2026-06-30'),
  model('anthropic/claude-sonnet-4-6', 'claude-sonnet', '2026-02-17'),
];

describe('the name of the newest', () => {
  it('is that of its family, with the vendor and without', () => {
    expect(names(...SONNETS)).toEqual({
      'claude-sonnet-latest': 'anthropic/claude-sonnet-5',
      'anthropic/claude-sonnet-latest': 'anthropic/claude-sonnet-5',
    });
  });

  it('does not move to previews, sizes, variants and other kinds', () => {
    const others = ['-6-preview', '-6-mini', '-6:free', '-6-70b', '-6-chat-latest'].map((ending) =>
      model(`anthropic/claude-sonnet${ending}`, 'claude-sonnet', '2026-09-01'),
    );
    const speech = model('anthropic/claude-sonnet-7', 'claude-sonnet', '2026-09-01', { kind: 'speech' });
    const drawing = model('anthropic/claude-sonnet-8', 'claude-sonnet', '2026-09-01', {
      outputModalities: ['text', 'image'],
    });
    const all = names(...SONNETS, ...others, speech, drawing);
    expect(all['claude-sonnet-latest']).toBe('anthropic/claude-sonnet-5');
  });

  it('is told by the names of models, wherever the version stands', () => {
    const mini = [
      model('openai/gpt-5-mini', 'gpt-mini', '2025-08-07'),
      model('openai/gpt-5.4-mini', 'gpt-mini', '2026-03-17'),
      // Of the family by its name, whatever it is said to be.
      model('openai/gpt-5.6-mini', 'gpt', '2026-08-01'),
    ];
    expect(names(...mini)).toEqual({
      'gpt-mini-latest': 'openai/gpt-5.6-mini',
      'openai/gpt-mini-latest': 'openai/gpt-5.6-mini',
    });
  });

  it('is none for a vendor’s word with one member: other lines bear it too', () => {
    const v3 = model('deepseek/deepseek-v3.2', 'deepseek', '2025-12-01');
    const pro = model('deepseek/deepseek-v4-pro', 'deepseek-thinking', '2026-04-24');
    expect(names(v3, pro)).toEqual({});
    expect(names(v3, pro, model('deepseek/deepseek-v4', 'deepseek', '2026-05-01'))).toMatchObject({
      'deepseek-latest': 'deepseek/deepseek-v4',
    });
  });

  it('is none without a date of release or a version', () => {
    expect(names(model('acme/big-oracle-1', 'big-oracle', null))).toEqual({});
    expect(names(model('acme/big-oracle', 'big-oracle', '2026-01-01'))).toEqual({});
  });

  it('of one day is the higher version', () => {
    const day = '2026-01-01';
    for (const [low, high] of [
      ['4-9', '4-10'],
      ['4', '4-1'],
      ['4.6', '5'],
    ]) {
      const pair = [low, high].map((version) => model(`acme/big-oracle-${version}`, 'big-oracle', day));
      expect(names(...pair)['big-oracle-latest'], `${low} ${high}`).toBe(`acme/big-oracle-${high}`);
    }
  });

  it('needs the vendor where two vendors have such a family', () => {
    const other = model('acme/claude-sonnet-9', 'claude-sonnet', '2026-09-09');
    expect(names(...SONNETS, other)).toEqual({
      'anthropic/claude-sonnet-latest': 'anthropic/claude-sonnet-5',
      'acme/claude-sonnet-latest': 'acme/claude-sonnet-9',
    });
  });
});

describe('of the shipped catalogue', () => {
  const models = (catalogue as unknown as Catalogue).models.map((shipped) => {
    const { family, released, gives } = modelRow(shipped);
    const kind = shipped.kind ?? 'chat';
    return model(shipped.id, family ?? null, released ?? null, {
      kind,
      outputModalities: gives as Modality[],
    });
  });

  it.each([
    ['claude-sonnet-latest', 'anthropic/claude-sonnet-5'],
    ['claude-opus-latest', 'anthropic/claude-opus-4-8'],
    ['gpt-latest', 'openai/gpt-5.5'],
    ['gpt-mini-latest', 'openai/gpt-5.4-mini'],
    // 3.1 Pro is a preview.
    ['gemini-pro-latest', 'google/gemini-2.5-pro'],
    ['grok-latest', 'x-ai/grok-4.3'],
    ['glm-latest', 'z-ai/glm-5.2'],
    ['nova-lite-latest', 'amazon/nova-2-lite-v1'],
    ['deepseek-latest', undefined],
    ['minimax-latest', undefined],
    ['gpt-image-latest', undefined],
  ])('%s is %s', (name, id) => {
    expect(names(...models)[name]).toBe(id);
  });
});

describe('in the registry', () => {
  const endpoint = (id: string): Endpoint => ({
    id: `${id}@anthropic`,
    model: id,
    provider: 'anthropic',
    upstreamModel: id,
    price: null,
    priceVersion: null,
    contextLength: null,
    maxOutputTokens: null,
    regions: [],
    capabilities: {},
  });
  const registry = (over: Partial<RegistryData> = {}): Registry =>
    new Registry({
      version: 1,
      catalogue: 1,
      providers: [],
      credentials: [],
      models: SONNETS,
      endpoints: SONNETS.map(({ id }) => endpoint(id)),
      aliases: {},
      ...over,
    });

  it('such names are found however they are spelled, and are names of their model', () => {
    const it = registry();
    expect(it.resolve('Claude-Sonnet.Latest', null)?.id).toBe('anthropic/claude-sonnet-5');
    expect(it.find('anthropic/claude-sonnet-latest')?.id).toBe('anthropic/claude-sonnet-5');
    expect(it.movingAliases('anthropic/claude-sonnet-5')).toEqual([
      'claude-sonnet-latest',
      'anthropic/claude-sonnet-latest',
    ]);
    expect(it.aliases('anthropic/claude-sonnet-5')).toEqual([]);
    expect(it.holder('claude-sonnet-latest')).toBeUndefined();
  });

  it('what has no endpoint is not the newest', () => {
    const endpoints = SONNETS.map(({ id }) => endpoint(id)).filter(({ model }) => !model.endsWith('-5'));
    expect(registry({ endpoints }).find('claude-sonnet-latest')?.id).toBe('anthropic/claude-sonnet-4-6');
  });

  it('they hide no id, no slug and no mapping', () => {
    const id = 'anthropic/claude-sonnet-latest';
    const named = model(id, null, null);
    const withId = registry({ models: [...SONNETS, named] });
    expect(withId.find(id)?.id).toBe(id);
    expect(withId.movingAliases('anthropic/claude-sonnet-5')).toEqual(['claude-sonnet-latest']);
    const withSlug = registry({ aliases: { 'claude-sonnet-latest': 'anthropic/claude-sonnet-4' } });
    expect(withSlug.find('claude-sonnet-latest')?.id).toBe('anthropic/claude-sonnet-4');
    const mapped = { 'claude-sonnet-latest': 'anthropic/claude-sonnet-4' };
    expect(registry({ mapped }).resolve('claude-sonnet-latest', null)?.id).toBe('anthropic/claude-sonnet-4');
    expect(registry().resolve('claude-sonnet-latest', mapped)?.id).toBe('anthropic/claude-sonnet-4');
  });
});
