import { describe, expect, it } from 'vitest';
import { explainRoute } from '../../../src/gateway/planning/explain.ts';
import type { WorkspaceRouting } from '../../../src/routing/policy/types.ts';
import { endpoint, healthOf, OPEN, registryOf } from '../../routing/support.ts';
import { ENDPOINTS, MODELS, OWN, planned, question, RULES, refusal } from './support.ts';

describe('a plan for a model that is named', () => {
  it('keeps the registry’s order, open circuits last', () => {
    expect(planned({ model: 'a/large' })).toMatchObject({ ids: ['a/large@p', 'a/large@q'], reason: null });
    const health = healthOf({ 'a/large@p': OPEN });
    expect(planned({ model: 'a/large' }, { health })).toMatchObject({
      ids: ['a/large@q', 'a/large@p'],
      reason: 'circuit_open',
    });
    const provider = { allow_fallbacks: false };
    expect(planned({ model: 'a/large', provider }, { health }).ids).toEqual(['a/large@q']);
  });

  it('goes on with the models that the request names, each once', () => {
    expect(planned({ model: 'b/small', models: ['a/large', 'b/small'] }).ids).toEqual([
      'b/small@q',
      'a/large@p',
      'a/large@q',
    ]);
    const provider = { allow_fallbacks: false };
    const health = healthOf({ 'b/small@q': OPEN });
    expect(planned({ model: 'b/small', models: ['a/large'], provider }, { health }).ids).toEqual([
      'b/small@q',
    ]);
  });

  it('takes OpenRouter’s suffixes, unless a model is called so', () => {
    expect(planned({ model: 'a/large:floor' })).toMatchObject({
      ids: ['a/large@p', 'a/large@q'],
      reason: 'policy_cost',
    });
    expect(planned({ model: 'a/large:nitro' }).reason).toBe('policy_throughput');
    expect(refusal({ model: 'a/large:free' })[0]).toBe('model_not_found');
    const registry = registryOf([...ENDPOINTS, endpoint('a/large:floor@p')], MODELS);
    expect(planned({ model: 'a/large:floor' }, { registry }).ids).toEqual(['a/large:floor@p']);
  });

  it('is refused as before where the name leads nowhere', () => {
    expect(refusal({ model: 'b/smal' })).toEqual([
      'model_not_found',
      'model',
      'The model "b/smal" does not exist. Did you mean b/small?',
    ]);
    expect(refusal({ model: 'b/small', models: ['nothing/at-all'] }).slice(0, 2)).toEqual([
      'model_not_found',
      'models[0]',
    ]);
    expect(refusal({ model: 'b/small' }, { caller: { models: ['a/*'] } }).slice(0, 2)).toEqual([
      'model_not_enabled',
      'model',
    ]);
    expect(refusal({ model: 'c/words' }).slice(0, 2)).toEqual(['model_not_supported', 'model']);
    expect(refusal({ model: 'b/small', provider: { only: ['p'] } })).toEqual([
      'model_not_available',
      'model',
      'No configured provider that the request allows serves b/small.',
    ]);
  });

  it('says which parameter nobody takes', () => {
    const registry = registryOf([endpoint('a/m@p', { probed: { seed: 'ignored' } })]);
    const body = { model: 'a/m', seed: 1, require_parameters: true };
    expect(refusal(body, { registry })).toEqual([
      'unsupported_parameter',
      'seed',
      'a/m@p does not support seed.',
    ]);
    expect(planned({ model: 'a/m', require_parameters: true }, { registry }).ids).toEqual(['a/m@p']);
  });
});

describe('a model that completes texts alone', () => {
  const completes = { capabilities: { api: 'completions' as const } };
  const registry = registryOf([
    endpoint('a/words@p', completes),
    endpoint('a/both@p', completes),
    endpoint('a/both@q', {}),
    endpoint('a/chat@p', { capabilities: { api: 'responses' } }),
  ]);
  const words = [
    'model_not_supported',
    'model',
    'a/words completes texts and answers no messages. Call it with POST /v1/completions.',
  ];

  it('is refused messages, with a decision and without', () => {
    expect(refusal({ model: 'a/words' }, { registry })).toEqual(words);
    expect(refusal({ model: 'a/words', policy: { max_cost_usd: 1 } }, { registry })).toEqual(words);
    expect(refusal({ model: 'a/words', provider: { sort: 'price' } }, { registry })).toEqual(words);
  });

  it('is passed over', () => {
    expect(planned({ model: 'a/words', models: ['a/chat'] }, { registry }).ids).toEqual(['a/chat@p']);
    expect(planned({ model: 'a/both' }, { registry }).ids).toEqual(['a/both@q']);
    expect(planned({ model: 'auto' }, { registry }).ids.toSorted()).toEqual(['a/both@q', 'a/chat@p']);
  });
});

describe('the policy in force', () => {
  it('is the request’s, the named, the key’s, the workflow’s, the workspace’s, field by field', () => {
    const routing: WorkspaceRouting = {
      ...OWN,
      policy: { slo_ms: 1, max_attempts: 1, idle_ms: 1, total_ms: 1, first_token_ms: 1 },
      workflows: { w: { slo_ms: 2, max_attempts: 2, idle_ms: 2, total_ms: 2 } },
      policies: { named: { slo_ms: 4, max_attempts: 4 } },
    };
    const caller = { routing, policy: { slo_ms: 3, max_attempts: 3, idle_ms: 3 } };
    const headers = { 'x-workflow': 'w', 'x-policy': 'named' };
    const merged = planned({ model: 'b/small', midstream: 'error' }, { caller, headers }).policy;
    expect(merged).toEqual({
      midstream: ['error'],
      slo_ms: 4,
      max_attempts: 4,
      idle_ms: 3,
      total_ms: 2,
      first_token_ms: 1,
    });
    const own = planned(
      { model: 'b/small', policy: { slo_ms: 5 }, workflow: 'unheard of' },
      { caller },
    ).policy;
    expect(own).toMatchObject({ slo_ms: 5, max_attempts: 3, idle_ms: 3, total_ms: 1 });
  });

  it('is found in the workspace before the deployment, and nowhere else', () => {
    const registry = registryOf(ENDPOINTS, MODELS, {
      ...RULES,
      policies: { eu: { region: 'eu' }, both: { slo_ms: 1 } },
    });
    const caller = { routing: { ...OWN, policies: { both: { slo_ms: 2 } } } };
    expect(planned({ model: 'a/large', policy: 'eu' }, { registry }).ids).toEqual(['a/large@q']);
    expect(planned({ model: 'a/large', policy: 'both' }, { registry, caller }).policy.slo_ms).toBe(2);
    expect(refusal({ model: 'a/large', policy: 'boht' }, { registry, caller })).toEqual([
      'policy_not_found',
      'policy',
      'There is no policy "boht". Did you mean both?',
    ]);
    expect(refusal({ model: 'a/large', policy: 'constructor' }, { caller })[0]).toBe('policy_not_found');
  });

  it('holds for named models: it leaves endpoints out, or the request is refused', () => {
    expect(planned({ model: 'a/large', policy: { region: 'eu' } }).ids).toEqual(['a/large@q']);
    const [code, param, message] = refusal({ model: 'a/large', policy: { max_cost_usd: 0.0000001 } });
    expect([code, param]).toEqual(['no_endpoint_satisfies_policy', 'policy.max_cost_usd']);
    expect(message).toContain('The nearest is a/large@p: costs at least about');
  });

  it('lowers the output limit of the candidates to the budget', () => {
    const [first] = planned({
      model: 'b/small',
      max_tokens: 50_000,
      policy: { max_cost_usd: 0.001 },
    }).candidates;
    expect(first?.maxOutputTokens).toBeLessThanOrEqual(500);
    expect(first?.maxOutputTokens).toBeGreaterThan(400);
  });
});

describe('an explained route', () => {
  it('ranks, and says why others fell out, also where nobody is left', () => {
    const policy = { region: 'eu' };
    const view = explainRoute(question({ model: 'auto', policy }));
    expect(view.candidates.map((one) => one.endpoint)).toEqual(['b/small@q', 'a/large@q']);
    expect(view.excluded).toMatchObject([{ endpoint: 'a/large@p', constraints: ['region'] }]);
    const nobody = explainRoute(question({ model: 'auto', policy: { region: 'mars' } }));
    expect(nobody.candidates).toEqual([]);
    expect(nobody.excluded_by).toEqual({ region: 3 });
  });
});
