import { describe, expect, it } from 'vitest';
import { decide } from '../../src/routing/decide.ts';
import type { Group } from '../../src/routing/situation.ts';
import {
  asked,
  auto,
  endpoint,
  health,
  healthOf,
  model,
  named,
  OPEN,
  registryOf,
  type Scene,
  situation,
} from './support.ts';
import { REGISTRY } from './three-models.ts';

describe('a model that is named', () => {
  const chain = (id: string, on: Group['on']): Group => ({ ...named(REGISTRY, id), kind: 'step', on });

  it('keeps the order of the registry where nothing says otherwise', () => {
    const { ranked, reason } = decide(situation(REGISTRY), asked([named(REGISTRY, 'b/middle')]));
    expect(ranked.map((one) => one.endpoint.id)).toEqual(['b/middle@p', 'b/middle@q']);
    expect(reason).toBeNull();
  });

  it('goes by OpenRouter’s words', () => {
    const order = (preferences: Scene['preferences'], view = healthOf({})): string[] =>
      decide(
        situation(REGISTRY, { preferences: preferences ?? {}, health: view }),
        asked([named(REGISTRY, 'b/middle'), named(REGISTRY, 'c/cheap')]),
      ).ranked.map((one) => one.endpoint.id);
    expect(order({ order: ['q'] })).toEqual(['b/middle@q', 'b/middle@p', 'c/cheap@q']);
    expect(order({ only: ['q'] })).toEqual(['b/middle@q', 'c/cheap@q']);
    expect(order({ ignore: ['q'] })).toEqual(['b/middle@p']);
    expect(order({ allowFallbacks: false })).toEqual(['b/middle@p']);
    expect(order({ sort: 'price' })).toEqual(['b/middle@p', 'b/middle@q', 'c/cheap@q']);
    expect(order({ sort: 'price', acrossModels: true })).toEqual(['c/cheap@q', 'b/middle@p', 'b/middle@q']);
    expect(order({ maxPrice: { completion: 4 } })).toEqual(['b/middle@p', 'c/cheap@q']);
    expect(order({ maxPrice: { prompt: 0.5 } })).toEqual([]);
    expect(order({ quantizations: ['fp8'] })).toEqual([]);
    expect(order({ quantizations: ['fp8', 'unknown'] })).toHaveLength(3);
    const view = healthOf({ 'b/middle@p': health({ ttft: 5_000, speed: 5 }) });
    expect(order({ preferredMaxLatencyMs: 3_000 }, view)[0]).toBe('b/middle@q');
    expect(order({ preferredMinThroughput: 50 }, view)[0]).toBe('b/middle@q');
    expect(order({ sort: 'latency' }, view)[0]).toBe('b/middle@q');
  });

  it('wakes nobody while a warm endpoint serves', () => {
    const registry = registryOf([endpoint('a/m@p', { scalesToZero: true }), endpoint('a/m@q')]);
    const first = (view = healthOf({})) =>
      decide(situation(registry, { health: view }), asked([named(registry, 'a/m')])).ranked[0]?.endpoint.id;
    expect(first()).toBe('a/m@q');
    expect(first(healthOf({ 'a/m@p': health({}) }))).toBe('a/m@p');
    expect(first(healthOf({ 'a/m@p': health({ wakingSince: 1 }) }))).toBe('a/m@q');
  });

  it('is followed by its chain, of which a step stays away that cannot do what is needed', () => {
    const seeing = registryOf(
      [endpoint('a/sees@p'), endpoint('b/blind@p'), endpoint('c/sees@p')],
      [
        model('a/sees', { inputModalities: ['text', 'image'] }),
        model('c/sees', { inputModalities: ['text', 'image'] }),
      ],
    );
    const step = (id: string): Group => ({ ...named(seeing, id), kind: 'step', on: ['error'] });
    const { ranked, excluded } = decide(
      situation(seeing, { request: { needs: { images: true } } }),
      asked([named(seeing, 'a/sees'), step('b/blind'), step('c/sees')]),
      true,
    );
    expect(ranked.map((one) => [one.endpoint.id, one.on])).toEqual([
      ['a/sees@p', null],
      ['c/sees@p', ['error']],
    ]);
    expect(excluded).toMatchObject([{ endpoint: { id: 'b/blind@p' }, detail: 'it takes no images' }]);
  });

  it('lets the chain begin where it cannot be had itself', () => {
    const view = healthOf({ 'c/cheap@q': OPEN });
    const groups = [
      named(REGISTRY, 'c/cheap'),
      chain('b/middle', ['context_length']),
      chain('a/dear', ['error']),
    ];
    const open = decide(situation(REGISTRY, { health: view }), asked(groups));
    expect(open.ranked[0]?.endpoint.id).toBe('a/dear@p');
    expect(open.reason).toBe('circuit_open');
    const out = decide(situation(REGISTRY, { policy: { region: 'eu' } }), asked(groups));
    expect(out.ranked[0]?.endpoint.id).toBe('a/dear@p');
    expect(out.reason).toBe('fallback_error');
    // A step that follows nothing but long requests is no beginning.
    const never = decide(situation(REGISTRY, { policy: { region: 'eu' } }), asked(groups.slice(0, 2)));
    expect(never.ranked).toEqual([]);
  });

  it('gives each prompt of a request the context to itself', () => {
    const small = registryOf([endpoint('a/m@p', { contextLength: 4_096 })]);
    const decided = (prompts?: number) =>
      decide(
        situation(small, {
          request: { needs: { inputTokens: 12_000 }, ...(prompts === undefined ? {} : { prompts }) },
        }),
        asked([auto(small)]),
        true,
      );
    // 4,000 tokens each, and 16 of an answer.
    expect(decided(3).ranked).toHaveLength(1);
    expect(decided(2).excluded).toMatchObject([{ constraint: 'context_length' }]);
    expect(decided().excluded).toMatchObject([{ constraint: 'context_length' }]);
  });

  it('shares its load among weighted endpoints, and a conversation stays', () => {
    const registry = registryOf([
      endpoint('a/m@p', { weight: 3 }),
      endpoint('a/m@q', { weight: 1 }),
      endpoint('a/m@r'),
    ]);
    const first = (session: string) =>
      decide(situation(registry), asked([named(registry, 'a/m')], { session })).ranked.map(
        (one) => one.endpoint.id,
      );
    const firsts = Array.from({ length: 4_000 }, (_, at) => first(`session ${at}`)[0]);
    const share = firsts.filter((id) => id === 'a/m@p').length / firsts.length;
    expect(share).toBeGreaterThan(0.72);
    expect(share).toBeLessThan(0.78);
    expect(firsts).not.toContain('a/m@r');
    expect(first('one')).toEqual(first('one'));
  });
});
