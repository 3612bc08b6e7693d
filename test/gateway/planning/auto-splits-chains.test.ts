import { describe, expect, it } from 'vitest';
import { DEFAULT_PRICING } from '../../../src/billing/pricing.ts';
import { learnFromAnswer } from '../../../src/gateway/learning/learn.ts';
import { explainRoute } from '../../../src/gateway/planning/explain.ts';
import { plan } from '../../../src/gateway/planning/plan.ts';
import type { Caller } from '../../../src/gateway/types.ts';
import type { RoutingRules, WorkspaceRouting } from '../../../src/routing/policy/types.ts';
import { endpoint, model, price, registryOf } from '../../routing/support.ts';
import {
  type Asking,
  callerOf,
  ENDPOINTS,
  MODELS,
  OWN,
  planned,
  question,
  RULES,
  refusal,
} from './support.ts';

describe('auto', () => {
  it('chooses among what the caller may call, and among `models` where they are given', () => {
    expect(planned({ model: 'auto' })).toMatchObject({
      ids: ['b/small@q', 'a/large@p', 'a/large@q'],
      reason: 'policy_cost',
    });
    expect(planned({ model: 'AUTO', models: ['a/large'] }).ids).toEqual(['a/large@p', 'a/large@q']);
    expect(planned({ model: 'auto' }, { caller: { workspaceModels: ['a/*'] } }).ids).toEqual([
      'a/large@p',
      'a/large@q',
    ]);
    expect(planned({ model: 'a/large', models: ['auto'] }).ids).toEqual([
      'a/large@p',
      'a/large@q',
      'b/small@q',
    ]);
    expect(refusal({ model: 'auto', policy: { allow: ['c/*'] } })[0]).toBe('no_endpoint_satisfies_policy');
  });

  it('goes by what was measured for the workflow', () => {
    const score = { mean: 0.9, lower: 0.85, samples: 20, measuredAt: 0 };
    const routing: WorkspaceRouting = { ...OWN, scores: { support: { 'a/large': score } } };
    const policy = { min_accuracy: 0.8 };
    const body = { model: 'auto', policy, workflow: 'support' };
    expect(planned(body, { caller: { routing } }).ids).toEqual(['a/large@p', 'a/large@q']);
    expect(refusal({ ...body, workflow: 'other' }, { caller: { routing } }).slice(0, 2)).toEqual([
      'no_endpoint_satisfies_policy',
      'policy.min_accuracy',
    ]);
  });

  it('reckons with what the provider charges a workspace for its own credential', () => {
    const own = { id: 'c', provider: 'q', sealed: 's', lastFour: 'four' };
    const pricing = { ...DEFAULT_PRICING, margin_percent: 50, byok_percent: 10 };
    const cost = (caller: Partial<Caller>) =>
      explainRoute(question({ model: 'b/small' }, { caller: { pricing, ...caller } })).candidates[0]?.estimate
        .cost_usd;
    const plain = cost({ pricing: DEFAULT_PRICING }) ?? 0;
    expect(cost({})).toBeCloseTo(plain * 1.5, 12);
    expect(cost({ credentials: [own] })).toBeCloseTo(plain * 1.1, 12);
  });

  it('expects of answers what those of the workflow came to', () => {
    const caller = callerOf();
    const asking = question({ model: 'auto', workflow: 'short' }, { caller });
    const tokens = () => explainRoute(asking).candidates[0]?.estimate.output_tokens;
    expect(tokens()).toBe(500);
    const [candidate] = plan(asking).candidates;
    if (!candidate) throw new Error('nobody serves');
    learnFromAnswer(asking, candidate, { inputTokens: 9, outputTokens: 30 });
    expect(tokens()).toBe(30);
    const limited = question({ model: 'auto', workflow: 'short', max_tokens: 20 }, { caller });
    expect(explainRoute(limited).candidates[0]?.estimate.output_tokens).toBe(20);
    expect(explainRoute(question({ model: 'auto' }, { caller })).candidates[0]?.estimate.output_tokens).toBe(
      500,
    );
  });

  it('stays where a conversation was answered while its prompt is cached there', () => {
    const registry = registryOf([
      endpoint('a/here@p', { price: price(2, 2, { cachedInput: 0 }) }),
      endpoint('b/there@p', { price: price(1, 2) }),
    ]);
    const caller = callerOf();
    const messages = [
      { role: 'system', content: 'Long. '.repeat(2_000) },
      { role: 'user', content: 'Hi' },
    ];
    const first = question({ model: 'auto', messages }, { registry, caller });
    expect(plan(first).candidates[0]?.endpoint.id).toBe('b/there@p');
    const here = { model: model('a/here'), endpoint: endpoint('a/here@p') };
    learnFromAnswer(first, here, { inputTokens: 4_000, outputTokens: 20 });
    const more = [...messages, { role: 'assistant', content: 'Yes?' }, { role: 'user', content: 'Go on.' }];
    expect(planned({ model: 'auto', messages: more }, { registry, caller })).toMatchObject({
      ids: ['a/here@p', 'b/there@p'],
      reason: 'session',
    });
    expect(planned({ model: 'auto', messages: more, session_id: 'other' }, { registry, caller }).reason).toBe(
      'policy_cost',
    );
    const stranger = callerOf();
    expect(planned({ model: 'auto', messages: more }, { registry, caller: stranger }).reason).toBe(
      'policy_cost',
    );
  });
});

describe('a split', () => {
  const registry = registryOf(ENDPOINTS, MODELS, {
    ...RULES,
    splits: {
      canary: {
        name: 'canary',
        targets: [
          { model: 'b/small', percent: 90 },
          { model: 'a/large', percent: 10 },
        ],
      },
    },
  });
  const first = (session_id: string, asking: Asking = {}) =>
    planned({ model: 'Canary', session_id }, { registry, caller: { workspaceId: 'ws' }, ...asking });

  it('stands for its models by percent, and a conversation stays', () => {
    const drawn = Array.from({ length: 2_000 }, (_, at) => first(`s${at}`).ids[0]);
    const share = drawn.filter((id) => id === 'a/large@p').length / drawn.length;
    expect(share).toBeGreaterThan(0.08);
    expect(share).toBeLessThan(0.12);
    expect(first('s1').ids).toEqual(first('s1').ids);
    expect(first('s1').reason).toBe('split');
    // The others stand behind whom it draws.
    expect(first('s1').ids.toSorted()).toEqual(['a/large@p', 'a/large@q', 'b/small@q']);
  });

  it('draws among those that the caller may call', () => {
    const caller = { workspaceId: 'ws', models: ['a/*'] };
    for (let at = 0; at < 50; at++) expect(first(`s${at}`, { caller }).ids[0]).toBe('a/large@p');
    expect(refusal({ model: 'canary' }, { registry, caller: { models: ['z/*'] } })[0]).toBe(
      'model_not_enabled',
    );
  });

  it('is the workspace’s before the deployment’s, and before a model of the name', () => {
    const targets = [{ model: 'b/small', percent: 100 }];
    const splits = { canary: { name: 'canary', targets }, 'a/large': { name: 'a/large', targets } };
    const caller = { routing: { ...OWN, splits } };
    for (const name of ['canary', 'a/large']) {
      expect(planned({ model: name }, { registry, caller }).ids).toEqual(['b/small@q']);
    }
  });
});

describe('a fallback chain', () => {
  const chain = (id: string, step: string): RoutingRules['fallbacks'] => ({
    [id]: [{ model: step, on: ['error', 'rate_limit'] }],
  });

  it('follows the models of the request, one level deep', () => {
    const fallbacks = { ...chain('b/small', 'a/large'), ...chain('a/large', 'd/last') };
    const registry = registryOf([...ENDPOINTS, endpoint('d/last@p'), endpoint('e/more@p')], MODELS, {
      ...RULES,
      fallbacks,
    });
    const { candidates } = plan(question({ model: 'b/small', models: ['e/more'] }, { registry }));
    expect(candidates.map((one) => [one.endpoint.id, one.on])).toEqual([
      ['b/small@q', null],
      ['e/more@p', null],
      ['a/large@p', ['error', 'rate_limit']],
      ['a/large@q', ['error', 'rate_limit']],
    ]);
    const provider = { allow_fallbacks: false };
    expect(planned({ model: 'b/small', provider }, { registry }).ids).toEqual(['b/small@q']);
    const caller = { routing: { ...OWN, fallbacks: chain('b/small', 'd/last') } };
    expect(planned({ model: 'b/small' }, { registry, caller }).ids).toEqual(['b/small@q', 'd/last@p']);
    // What the key may not call is no step for it.
    expect(planned({ model: 'b/small' }, { registry, caller: { models: ['b/*'] } }).ids).toEqual([
      'b/small@q',
    ]);
  });
});
