import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../src/registry/types.ts';
import { decide } from '../../src/routing/decide.ts';
import { OBJECTIVES, type Policy } from '../../src/routing/policy/types.ts';
import { takeBest } from '../../src/routing/take-best.ts';
import {
  asked,
  auto,
  endpoint,
  health,
  healthOf,
  model,
  OPEN,
  price,
  registryOf,
  situation,
} from './support.ts';

const REGIONS = ['eu', 'eu-west-1', 'eu-west-2', 'eu-central-1', 'us-east-1', 'europe'];

const endpoints = fc
  .array(
    fc.record({
      vendor: fc.constantFrom('x', 'y', 'z'),
      input: fc.constantFrom(null, 0, 0.1, 1, 3, 20),
      regions: fc.subarray(REGIONS),
      training: fc.constantFrom(undefined, true, false),
      score: fc.constantFrom(null, 30, 60, 90),
      context: fc.constantFrom(null, 900, 1_100, 50_000),
      sees: fc.boolean(),
      tools: fc.constantFrom(undefined, true, false),
      ttft: fc.constantFrom(undefined, 100, 900, 4_000),
      open: fc.boolean(),
      scalesToZero: fc.boolean(),
    }),
    { maxLength: 25 },
  )
  .map((all) => all.map((one, at) => ({ ...one, id: `${one.vendor}/m${at}@p${at % 4}` })));

const policies: fc.Arbitrary<Policy> = fc.record(
  {
    region: fc.constantFrom('eu', 'eu-west', 'us'),
    allow: fc.constantFrom(['x/*'], ['x/*', 'y/*'], ['*']),
    deny: fc.constantFrom(['y/*'], ['*/m1'], []),
    max_cost_usd: fc.constantFrom(0.0001, 0.001, 0.01),
    min_accuracy: fc.constantFrom(0.3, 0.6, 0.95),
    allow_unrated: fc.boolean(),
    data_collection: fc.constantFrom('allow', 'deny'),
    objective: fc.constantFrom(...OBJECTIVES),
    slo_ms: fc.constantFrom(200, 1_000),
  },
  { requiredKeys: [] },
);

const needs = fc.record({ images: fc.boolean(), tools: fc.boolean() });

type Drawn = (typeof endpoints extends fc.Arbitrary<infer T> ? T : never)[number];

function world(drawn: readonly Drawn[]) {
  const registry = registryOf(
    drawn.map((one) =>
      endpoint(one.id, {
        price: one.input === null ? null : price(one.input, 2 * one.input),
        regions: one.regions,
        contextLength: one.context,
        capabilities: one.tools === undefined ? {} : { tools: one.tools },
        scalesToZero: one.scalesToZero,
        ...(one.training === undefined ? {} : { dataPolicy: { training: one.training } }),
      } satisfies Partial<Endpoint>),
    ),
    drawn.map((one) =>
      model(one.id.split('@')[0] ?? '', {
        inputModalities: one.sees ? ['text', 'image'] : ['text'],
        ...(one.score === null ? {} : { benchmarks: [{ name: 'b', score: one.score }] }),
      }),
    ),
  );
  const view = healthOf(
    Object.fromEntries(
      drawn.map((one) => [
        one.id,
        one.open ? OPEN : health({ ...(one.ttft === undefined ? {} : { ttft: one.ttft }) }),
      ]),
    ),
  );
  return { registry, view };
}

describe('decisions', () => {
  it('never let through what a hard limit forbids', () => {
    fc.assert(
      fc.property(endpoints, policies, needs, (drawn, policy, asks) => {
        const { registry, view } = world(drawn);
        const scene = situation(registry, { policy, health: view, request: { needs: asks } });
        const { ranked } = decide(scene, asked([auto(registry)]), true);
        const rated = drawn.filter(({ score }) => score !== null);
        const best = Math.max(...rated.map(({ score }) => score ?? 0));
        const byId = new Map(drawn.map((one) => [one.id, one]));
        for (const { endpoint: found, model: served, maxOutputTokens } of ranked) {
          const one = byId.get(found.id);
          if (!one) throw new Error(`${found.id} was never there`);
          if (policy.region !== undefined) {
            expect(one.regions.length).toBeGreaterThan(0);
            for (const region of one.regions) expect(`${region}-`.startsWith(`${policy.region}-`)).toBe(true);
          }
          if (policy.allow && !policy.allow.includes('*')) expect(policy.allow).toContain(`${one.vendor}/*`);
          if (policy.deny?.includes('y/*')) expect(one.vendor).not.toBe('y');
          if (policy.deny?.includes('*/m1')) expect(served.id.endsWith('/m1')).toBe(false);
          if (policy.data_collection === 'deny') expect(one.training).toBe(false);
          if (asks.images) expect(one.sees).toBe(true);
          if (asks.tools) expect(one.tools).not.toBe(false);
          if (one.context !== null) expect(one.context).toBeGreaterThanOrEqual(1_016);
          if (policy.max_cost_usd !== undefined) {
            const rate = one.input ?? Number.NaN;
            // An answer is never longer than the context.
            const output = maxOutputTokens ?? (rate === 0 ? 0 : (one.context ?? 100_000));
            expect(((1_000 + 2 * output) * rate) / 1e6).toBeLessThanOrEqual(policy.max_cost_usd + 1e-12);
            expect(maxOutputTokens ?? 16).toBeGreaterThanOrEqual(16);
          }
          if (policy.min_accuracy !== undefined && !(policy.allow_unrated && rated.length === 0)) {
            const prior = one.score === null || rated.length < 3 ? null : one.score / best - 0.05;
            if (prior === null) expect(policy.allow_unrated).toBe(true);
            else expect(prior).toBeGreaterThanOrEqual(policy.min_accuracy);
          }
        }
      }),
    );
  });

  it('leave nobody unmentioned, and name a reason for whom they leave out', () => {
    fc.assert(
      fc.property(endpoints, policies, (drawn, policy) => {
        const { registry } = world(drawn);
        const { ranked, excluded } = decide(situation(registry, { policy }), asked([auto(registry)]), true);
        const told = [...ranked, ...excluded].map((one) => one.endpoint?.id);
        expect(told.toSorted()).toEqual(drawn.map(({ id }) => id).toSorted());
        for (const { detail, distance } of excluded) {
          expect(detail).not.toBe('');
          expect(distance).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('order totally: however the endpoints come, with open circuits last', () => {
    fc.assert(
      fc.property(endpoints, policies, fc.infiniteStream(fc.nat()), (drawn, policy, places) => {
        const { registry, view } = world(drawn);
        const scene = situation(registry, { policy, health: view });
        const group = auto(registry);
        const shuffled = {
          ...group,
          rows: group.rows
            .map((row) => ({ row, at: places.next().value ?? 0 }))
            .toSorted((a, b) => a.at - b.at)
            .map(({ row }) => row),
        };
        const ids = (of: typeof group) =>
          decide(scene, asked([of]), true).ranked.map((one) => one.endpoint.id);
        expect(ids(shuffled)).toEqual(ids(group));
        const open = ids(group).map((id) => drawn.find((one) => one.id === id)?.open);
        expect(open).toEqual(open.toSorted((a, b) => Number(a) - Number(b)));
        const short = decide(scene, asked([shuffled])).ranked.map((one) => one.endpoint.id);
        expect(short).toEqual(ids(group).slice(0, 8));
      }),
    );
  });
});

describe('takeBest', () => {
  it('is the beginning of the whole order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat())), fc.nat(12), (items, most) => {
        const unique = items.map(([value], at) => ({ value, at }));
        const compare = (a: { value: number; at: number }, b: typeof a) => a.value - b.value || a.at - b.at;
        expect(takeBest(unique, most, compare)).toEqual(unique.toSorted(compare).slice(0, most));
      }),
    );
  });
});
