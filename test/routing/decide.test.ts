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
  price,
  registryOf,
  type Scene,
  situation,
} from './support.ts';
import { REGISTRY } from './three-models.ts';

const ids = (scene: Scene = {}, registry = REGISTRY): string[] =>
  decide(situation(registry, scene), asked([auto(registry)])).ranked.map((one) => one.endpoint.id);

const chosen = (scene: Scene, group: Group = auto(REGISTRY)): [string | undefined, string | null] => {
  const { ranked, reason } = decide(situation(REGISTRY, scene), asked([group]));
  return [ranked[0]?.endpoint.id, reason];
};

describe('auto', () => {
  it('takes the cheapest, unless the policy is after something else', () => {
    expect(ids()).toEqual(['c/cheap@q', 'b/middle@p', 'b/middle@q', 'a/dear@p']);
    expect(chosen({})[1]).toBe('policy_cost');
    const view = healthOf({
      'a/dear@p': health({ ttft: 100, speed: 30 }),
      'b/middle@p': health({ ttft: 3_000, speed: 90 }),
      'b/middle@q': health({ ttft: 5_000, speed: 10 }),
    });
    expect(chosen({ health: view, policy: { objective: 'latency' } })).toEqual([
      'a/dear@p',
      'policy_latency',
    ]);
    expect(chosen({ health: view, policy: { objective: 'throughput' } })).toEqual([
      'b/middle@p',
      'policy_throughput',
    ]);
    // What is not known stands behind the good and before the bad.
    expect(ids({ health: view, policy: { objective: 'latency' } })).toEqual([
      'a/dear@p',
      'c/cheap@q',
      'b/middle@p',
      'b/middle@q',
    ]);
    expect(ids({ health: view, policy: { objective: 'throughput' } })).toEqual([
      'b/middle@p',
      'a/dear@p',
      'c/cheap@q',
      'b/middle@q',
    ]);
  });

  it('prefers who keeps the first token within the wish to who is cheaper', () => {
    const view = healthOf({ 'c/cheap@q': health({ ttft: 900 }), 'a/dear@p': health({ ttft: 200 }) });
    expect(ids({ health: view, policy: { slo_ms: 350 } })).toEqual([
      'a/dear@p',
      'b/middle@p',
      'b/middle@q',
      'c/cheap@q',
    ]);
  });

  it('puts open circuits last, and says so where that decided', () => {
    const view = healthOf({ 'c/cheap@q': OPEN });
    expect(ids({ health: view })).toEqual(['b/middle@p', 'b/middle@q', 'a/dear@p', 'c/cheap@q']);
    expect(chosen({ health: view })).toEqual(['b/middle@p', 'circuit_open']);
    expect(chosen({ health: healthOf({ 'a/dear@p': OPEN }) })).toEqual(['c/cheap@q', 'policy_cost']);
    // One whose time is over is closed.
    expect(chosen({ health: healthOf({ 'c/cheap@q': { ...OPEN, openUntil: 999_999 } }) })[0]).toBe(
      'c/cheap@q',
    );
  });

  it('goes by measured scores, else by the prior of benchmarks, else by nothing', () => {
    const benchmarks = (score: number) => [{ name: 'bench', score }];
    const registry = registryOf(
      [endpoint('a/one@p'), endpoint('b/two@p'), endpoint('c/three@p'), endpoint('d/unrated@p')],
      [
        model('a/one', { benchmarks: benchmarks(90) }),
        model('b/two', { benchmarks: benchmarks(60) }),
        model('c/three', { benchmarks: benchmarks(30) }),
      ],
    );
    const policy = { objective: 'accuracy' } as const;
    expect(ids({ policy }, registry)).toEqual(['a/one@p', 'b/two@p', 'c/three@p', 'd/unrated@p']);
    const score = { mean: 0.99, lower: 0.97, samples: 50, measuredAt: 0 };
    const caller = { scores: { 'd/unrated': score } };
    expect(ids({ policy, caller }, registry)[0]).toBe('d/unrated@p');
    // The best prior is 1 − 0.05; the lower bound of a score counts, not its mean.
    expect(ids({ policy: { min_accuracy: 0.95 } }, registry)).toEqual(['a/one@p']);
    expect(ids({ policy: { min_accuracy: 0.96 }, caller }, registry)).toEqual(['d/unrated@p']);
    expect(ids({ policy: { min_accuracy: 0.98 }, caller }, registry)).toEqual([]);
    expect(ids({ policy: { min_accuracy: 0.95, allow_unrated: true } }, registry)).toEqual([
      'a/one@p',
      'd/unrated@p',
    ]);
  });

  it('looks at what the request needs', () => {
    const registry = registryOf(
      [
        endpoint('a/text@p', { capabilities: { tools: false, structuredOutput: false }, price: price(0, 0) }),
        endpoint('b/sees@p', { capabilities: { tools: true }, probed: { json_schema: 'ignored' } }),
        endpoint('c/short@p', { contextLength: 1_010, price: price(0, 0) }),
      ],
      [model('b/sees', { inputModalities: ['text', 'image'] })],
    );
    expect(ids({ request: { needs: { images: true } } }, registry)).toEqual(['b/sees@p']);
    expect(ids({ request: { needs: { tools: true, inputTokens: 2_000 } } }, registry)).toEqual(['b/sees@p']);
    expect(ids({ request: { needs: { schema: true, inputTokens: 2_000 } } }, registry)).toEqual([]);
    // 1,000 tokens and the shortest answer, 16, do not fit into 1,010.
    expect(ids({}, registry)).not.toContain('c/short@p');
    expect(ids({ request: { needs: { inputTokens: 990 } } }, registry)).toContain('c/short@p');
  });

  it('tries no more than eight, the best of them', () => {
    const many = registryOf(
      Array.from({ length: 40 }, (_, at) => endpoint(`m/${at}@p`, { price: price(((at * 7) % 40) + 1, 1) })),
    );
    const scene = situation(many);
    const short = decide(scene, asked([auto(many)])).ranked.map((one) => one.endpoint.id);
    const all = decide(scene, asked([auto(many)]), true).ranked.map((one) => one.endpoint.id);
    expect(all).toHaveLength(40);
    expect(short).toEqual(all.slice(0, 8));
  });
});

describe('a session under auto', () => {
  const registry = registryOf([
    endpoint('a/here@p', { price: price(2, 2, { cachedInput: 0.2e9 }) }),
    endpoint('b/there@p', { price: price(1, 2) }),
  ]);
  const state = { model: 'a/here', endpoint: 'a/here@p', at: 999_000, inputTokens: 900 };
  const stays = (current: typeof state, scene: Scene = {}) => {
    const { ranked, reason } = decide(
      situation(registry, scene),
      asked([auto(registry)], { current, session: 's' }),
    );
    return [ranked[0]?.endpoint.id, reason];
  };

  it('stays where its prompt is cached while that is no dearer', () => {
    // Here: 100 × 2 + 900 × 0.2 + 500 × 2 = 1,380; there: 1,000 × 1 + 500 × 2 = 2,000 millionths of a dollar.
    expect(stays(state)).toEqual(['a/here@p', 'session']);
    // Here with 100 cached: 900 × 2 + 20 + 1,000 = 2,820.
    expect(stays({ ...state, inputTokens: 100 })).toEqual(['b/there@p', 'policy_cost']);
  });

  it('does not stay where the circuit is open, or what is wished is missed', () => {
    expect(stays(state, { health: healthOf({ 'a/here@p': OPEN }) })[0]).toBe('b/there@p');
    const slow = healthOf({ 'a/here@p': health({ ttft: 900 }), 'b/there@p': health({ ttft: 100 }) });
    expect(stays(state, { health: slow, policy: { slo_ms: 350 } })[0]).toBe('b/there@p');
    expect(stays(state, { policy: { deny: ['a/*'] } })[0]).toBe('b/there@p');
  });
});

describe('a budget', () => {
  const budget = (max_cost_usd: number, request: Scene['request'] = {}) =>
    decide(situation(REGISTRY, { policy: { max_cost_usd }, request }), asked([named(REGISTRY, 'b/middle')]))
      .ranked;

  it('lowers the output to what it affords', () => {
    // 1,000 tokens in at 2 USD per 1M are 0.002 USD; 0.001 USD more affords 250 tokens at 4 USD per 1M.
    expect(budget(0.003).map((one) => [one.endpoint.id, one.maxOutputTokens])).toEqual([['b/middle@p', 250]]);
    // Two answers, half of it each.
    expect(budget(0.003, { answers: 2 })[0]?.maxOutputTokens).toBe(125);
    expect(budget(0.003, { maxOutputTokens: 250 })[0]?.maxOutputTokens).toBeNull();
    expect(budget(0.003, { maxOutputTokens: 251 })[0]?.maxOutputTokens).toBe(250);
  });

  it('leaves out whom it does not afford the shortest answer of', () => {
    // 16 tokens at 4 USD per 1M are 0.000064 USD.
    expect(budget(0.002064)[0]?.maxOutputTokens).toBe(16);
    expect(budget(0.002063)).toEqual([]);
  });

  it('holds what the caller pays: with the margin, and with the provider’s bill', () => {
    const least = (caller: Scene['caller'], max_cost_usd: number) =>
      decide(
        situation(REGISTRY, { policy: { max_cost_usd }, caller: caller ?? {} }),
        asked([named(REGISTRY, 'b/middle')]),
      ).ranked[0]?.maxOutputTokens;
    const pricing = { margin_percent: 100, models: [], cached_percent: 10, byok_percent: 5 };
    expect(least({ pricing }, 0.006)).toBe(250);
    // 0.00315 USD at 105 % is 0.003 USD.
    expect(least({ pricing, paidBy: () => 'workspace' }, 0.00315)).toBe(250);
  });

  it('prefers whom it affords the usual answer of', () => {
    const groups = asked([auto(REGISTRY)]);
    const policy = { max_cost_usd: 0.0042, objective: 'accuracy' } as const;
    const { ranked } = decide(situation(REGISTRY, { policy, request: { expectedOutput: 500 } }), groups);
    // c/cheap: 1,000 + 500 × 2 = 0.002 USD; b/middle@p: 0.002 + 0.002; @q: 0.003 + 500 × 6 = 0.006 USD.
    expect(ranked.map((one) => one.endpoint.id)).toEqual(['c/cheap@q', 'b/middle@p', 'b/middle@q']);
    expect(ranked[2]?.remarks).toEqual([
      'the budget affords 200 output tokens, fewer than are to be expected',
    ]);
  });

  it('counts tokens as answers of the model taught', () => {
    const view = healthOf({}, { 'b/middle': 0.1 });
    const one = decide(situation(REGISTRY, { health: view }), asked([named(REGISTRY, 'b/middle')])).ranked[0];
    expect(one?.estimate.inputTokens).toBe(300);
    const seen = decide(
      situation(REGISTRY, { health: view, request: { needs: { images: true } } }),
      asked([named(REGISTRY, 'b/middle')]),
    ).ranked[0];
    expect(seen?.estimate.inputTokens).toBe(1_000);
  });
});
