import { describe, expect, it } from 'vitest';
import { DEFAULT_PRICING } from '../../../src/billing/pricing.ts';
import { GatewayError } from '../../../src/errors.ts';
import { learnFromAnswer } from '../../../src/gateway/learning/learn.ts';
import { explainRoute } from '../../../src/gateway/planning/explain.ts';
import { plan } from '../../../src/gateway/planning/plan.ts';
import type { Question } from '../../../src/gateway/planning/situation.ts';
import { readChatRequest } from '../../../src/gateway/requests/request.ts';
import type { Caller } from '../../../src/gateway/types.ts';
import type { Registry } from '../../../src/registry/snapshot.ts';
import type { HealthView } from '../../../src/routing/health/types.ts';
import type { RoutingRules, WorkspaceRouting } from '../../../src/routing/policy/types.ts';
import { UNKNOWN_HEALTH } from '../../../src/routing/unknown-health.ts';
import { endpoint, healthOf, model, OPEN, price, registryOf } from '../../routing/support.ts';

const RULES: RoutingRules = { policies: {}, fallbacks: {}, splits: {} };
const OWN: WorkspaceRouting = { ...RULES, policy: null, workflows: {}, scores: {} };

const ENDPOINTS = [
  endpoint('a/large@p', { price: price(10, 20), regions: ['us-east-1'] }),
  endpoint('a/large@q', { price: price(12, 24), regions: ['eu-west-1'] }),
  endpoint('b/small@q', { price: price(1, 2), regions: ['eu-west-1'] }),
  endpoint('c/words@p', {}),
];
const MODELS = [model('c/words', { kind: 'embedding' })];
const REGISTRY = registryOf(ENDPOINTS, MODELS);

let keys = 0;

const callerOf = (more: Partial<Caller> = {}): Caller => ({
  kind: 'key',
  expiresAt: null,
  // What is learned of one key's answers must not bear on another test.
  keyId: `key_${++keys}`,
  workspaceId: `ws_${keys}`,
  projectId: 'proj',
  userId: null,
  role: 'inference',
  models: null,
  workspaceModels: null,
  workspaceAliases: null,
  allowedIps: null,
  allowance: null,
  workspaceAllowance: null,
  projectAllowance: null,
  memberAllowance: null,
  pricing: DEFAULT_PRICING,
  ...more,
});

interface Asking {
  caller?: Partial<Caller>;
  registry?: Registry;
  health?: HealthView;
  headers?: Record<string, string>;
}

function question(
  body: object,
  { caller, registry = REGISTRY, health = UNKNOWN_HEALTH, headers = {} }: Asking = {},
): Question {
  const bytes = new TextEncoder().encode(
    JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], ...body }),
  );
  return {
    caller: callerOf(caller),
    ...readChatRequest(bytes, (name) => headers[name]),
    registry,
    env: {} as Question['env'],
    health,
  };
}

const planned = (body: object, asking?: Asking) => {
  const { candidates, reason, policy } = plan(question(body, asking));
  return { ids: candidates.map((one) => one.endpoint.id), reason, policy, candidates };
};

function refusal(body: object, asking?: Asking): [code: string, param: string | null, message: string] {
  try {
    plan(question(body, asking));
  } catch (error) {
    if (error instanceof GatewayError) return [error.code, error.param, error.message];
    throw error;
  }
  throw new Error('was planned');
}

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
