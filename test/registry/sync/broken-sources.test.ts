import { beforeEach, describe, expect, it } from 'vitest';
import { priced, sync, world } from './small-world.ts';
import {
  BASE,
  base,
  baseModel,
  CANONICAL,
  DEEPINFRA,
  emptyRegistry,
  everything,
  type World,
} from './world.ts';

beforeEach(emptyRegistry);

describe('a source that fails or is garbled', () => {
  const broken: [string, World][] = [
    ['base away', { [BASE]: 500 }],
    ['base moved', { [BASE]: 301 }],
    ['base no JSON', { [BASE]: '<html>' }],
    ['base empty', { [BASE]: {} }],
    ['base of another shape', { [BASE]: { openai: { models: { a: { id: 'a' } } } } }],
    ['canonical away', { [CANONICAL]: 502 }],
    ['canonical empty', { [CANONICAL]: { data: [] } }],
    ['canonical of another shape', { [CANONICAL]: { data: [{ id: 'openai/gpt-9' }, null, 3] } }],
  ];

  it.each(broken)('changes nothing: %s', async (_what, part) => {
    await sync(world());
    const before = await everything();
    const report = await sync({ ...priced(0.5, 1), ...part });
    expect(report).toMatchObject({ applied: false, changes: [] });
    expect(report.sources.filter(({ state }) => state === 'failed')).toHaveLength(1);
    expect(await everything()).toBe(before);
  });

  it.each([
    ['away', 500],
    ['cut', '{"data":[{"id":"Qwen/Q'],
    [
      'of another shape',
      { data: [{ id: 7 }, { id: 'Qwen/Qwen9-Max', metadata: { pricing: { input_tokens: '1' } } }] },
    ],
  ])('changes nothing: a provider’s own list %s', async (_what, list) => {
    await sync(world());
    const before = await everything();
    expect((await sync({ ...world(), [DEEPINFRA]: list })).changes).toEqual([]);
    expect(await everything()).toBe(before);
  });

  it('is not believed that most of a provider is gone at once, unless the operator says so', async () => {
    const models = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) =>
      baseModel(`gpt-${name}`, { input: 1, output: 2 }),
    );
    await sync({ ...world(), [BASE]: base({ openai: models }) });
    const less = { ...world(), [BASE]: base({ openai: models.slice(0, 1) }) };
    const before = await everything();
    const report = await sync(less);
    expect(report.changes).toContainEqual({ kind: 'provider.doubted', provider: 'openai', vanished: 5 });
    expect(await everything()).toBe(before);
    const believed = await sync(less, { believed: ['openai'] });
    expect(believed.counts['endpoint.vanished']).toBe(5);
  });

  it('is none of ours when it is larger than anything it should send', async () => {
    const large = `{"data":"${'x'.repeat(16 * 1024 * 1024)}"}`;
    const report = await sync({ ...world(), [CANONICAL]: large });
    expect(report.sources.find(({ source }) => source === 'canonical')?.error).toContain('larger than');
  });
});
