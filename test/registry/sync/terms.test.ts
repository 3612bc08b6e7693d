import { beforeEach, describe, expect, it } from 'vitest';
import { refreshRegistry } from '../../../src/registry/load.ts';
import { syncRegistry } from '../../../src/registry/sync/sync.ts';
import {
  BASE,
  base,
  baseModel,
  bindings,
  CANONICAL,
  DEEPINFRA,
  emptyRegistry,
  everything,
  fetcherOf,
  listedModel,
  ownModel,
  type World,
} from './world.ts';

const SCORE = {
  name: 'SWE-Bench Verified',
  score: 81.5,
  metric: 'resolve rate',
  source: 'https://swe.example/board',
  date: '2026-06-01',
};

/** One open model at a host and at the reseller; `more` is what models.dev says of it beside. */
function world(more: object = {}, listed: object = {}): World {
  return {
    [BASE]: base({
      deepinfra: [baseModel('Qwen/Qwen9-Max', { input: 0.4, output: 1.2 }, more)],
      openrouter: [baseModel('qwen/qwen9-max', { input: 0.5, output: 1.5 }, more)],
    }),
    [CANONICAL]: { data: [{ ...listedModel('qwen/qwen9-max', '0.0000005', '0.0000015'), ...listed }] },
    [DEEPINFRA]: { object: 'list', data: [ownModel('Qwen/Qwen9-Max', 0.4, 1.2)] },
  };
}

const LISTED = `${CANONICAL}/qwen/qwen9-max/endpoints`;

/** What OpenRouter lists of the model's endpoints, by tag. */
const endpoints = (...quantizations: [tag: string, quantization: string | null][]) => ({
  data: {
    id: 'qwen/qwen9-max',
    endpoints: quantizations.map(([tag, quantization]) => ({
      name: tag,
      tag,
      quantization,
      pricing: { prompt: '0.0000004', completion: '0.0000012' },
    })),
  },
});

const sync = (of: World, now = 0) =>
  syncRegistry(bindings, 'operator', { fetcher: fetcherOf(of).fetcher, now });

const endpointOf = async (provider: string) =>
  (await refreshRegistry(bindings)).endpoints('qwen/qwen9-max').find((one) => one.provider === provider);

beforeEach(emptyRegistry);

describe('the quantization of a host', () => {
  it('is what OpenRouter lists, and is written once', async () => {
    const listed = { ...world(), [LISTED]: endpoints(['deepinfra/fp8', 'FP8'], ['together', 'bf16']) };
    await sync(listed);
    expect((await endpointOf('deepinfra'))?.quantization).toBe('fp8');
    expect(await endpointOf('openrouter')).not.toHaveProperty('quantization');
    const before = await everything();
    expect((await sync(listed)).changes).toEqual([]);
    expect(await everything()).toBe(before);
  });

  it.each([
    ['is unknown', endpoints(['deepinfra', 'unknown'])],
    ['is not told', endpoints(['deepinfra', null])],
    ['differs', endpoints(['deepinfra/fp8', 'fp8'], ['deepinfra/fp4', 'fp4'])],
    ['is garbled', endpoints(['deepinfra', '<b>fp8</b>'])],
    ['cannot be asked for', 500],
  ])('stays where it %s', async (_name, answer) => {
    await sync({ ...world(), [LISTED]: endpoints(['deepinfra', 'int4']) });
    expect((await sync({ ...world(), [LISTED]: answer })).changes).toEqual([]);
    expect((await endpointOf('deepinfra'))?.quantization).toBe('int4');
  });

  it('changes by a sync, as an endpoint changes', async () => {
    await sync({ ...world(), [LISTED]: endpoints(['deepinfra', 'int4']) });
    const { changes } = await sync({ ...world(), [LISTED]: endpoints(['deepinfra', 'fp8']) });
    expect(changes).toEqual([{ kind: 'endpoint.changed', endpoint: 'qwen/qwen9-max@deepinfra' }]);
    expect((await endpointOf('deepinfra'))?.quantization).toBe('fp8');
  });

  it('is asked for a few models at a time, all of them in turn', async () => {
    const many = Array.from({ length: 14 }, (_, index) => `qwen9-${String(index).padStart(2, '0')}b`);
    const large: World = {
      [BASE]: base({ deepinfra: many.map((id) => baseModel(`Qwen/${id}`, { input: 1, output: 1 })) }),
      [CANONICAL]: { data: many.map((id) => listedModel(`qwen/${id}`, '0.000001', '0.000001')) },
      [DEEPINFRA]: { object: 'list', data: many.map((id) => ownModel(`Qwen/${id}`, 1, 1)) },
    };
    const askedAt = async (hours: number): Promise<string[]> => {
      const { asked, fetcher } = fetcherOf(large);
      await syncRegistry(bindings, 'operator', { fetcher, now: hours * 3_600_000, dryRun: true });
      return asked.filter((url) => url.endsWith('/endpoints'));
    };
    const first = await askedAt(0);
    expect(first).toHaveLength(10);
    expect(await askedAt(5)).toEqual(first);
    const second = await askedAt(6);
    expect(second).toHaveLength(10);
    expect(new Set([...first, ...second])).toHaveProperty('size', 14);
  });
});

describe('the end of an endpoint', () => {
  it('is the day that the reseller announces, until it takes that back', async () => {
    await sync(world({}, { expiration_date: '2026-12-31' }));
    expect((await endpointOf('openrouter'))?.deprecatedAt).toBe('2026-12-31');
    expect(await endpointOf('deepinfra')).not.toHaveProperty('deprecatedAt');
    const { changes } = await sync(world({}, { expiration_date: null }));
    expect(changes).toEqual([{ kind: 'endpoint.changed', endpoint: 'qwen/qwen9-max@openrouter' }]);
    expect(await endpointOf('openrouter')).not.toHaveProperty('deprecatedAt');
  });

  it('passes without retiring what is listed still', async () => {
    await sync(world({}, { expiration_date: '2020-01-01' }));
    expect((await endpointOf('openrouter'))?.deprecatedAt).toBe('2020-01-01');
  });

  it.each(['soon', '', '31.12.2026', 7])('is unknown for %j', async (date) => {
    await sync(world({}, { expiration_date: date }));
    expect(await endpointOf('deepinfra')).toBeDefined();
    expect((await endpointOf('openrouter'))?.deprecatedAt).toBeUndefined();
  });
});

describe('the scores of a model', () => {
  const scores = async () => (await refreshRegistry(bindings)).find('qwen/qwen9-max')?.benchmarks;

  it('are those of models.dev, and stay where it names none', async () => {
    await sync(world({ benchmarks: [SCORE] }));
    expect(await scores()).toEqual([SCORE]);
    expect((await sync(world())).changes).toEqual([]);
    expect(await scores()).toEqual([SCORE]);
    const changed = await sync(world({ benchmarks: [{ ...SCORE, score: 82 }] }));
    expect(changed.changes).toEqual([{ kind: 'model.changed', model: 'qwen/qwen9-max' }]);
    expect(await scores()).toEqual([{ ...SCORE, score: 82 }]);
  });

  it('that cannot be read make no model unreadable', async () => {
    await sync(world({ benchmarks: [{ name: 'X', score: 'high' }] }));
    expect(await scores()).toBeUndefined();
    expect(await endpointOf('deepinfra')).toBeDefined();
  });
});
