import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { priorsOf } from '../../src/routing/accuracy.ts';
import { decide } from '../../src/routing/decide.ts';
import { drawOf, uniformOf } from '../../src/routing/draw.ts';
import { explainDecision } from '../../src/routing/explain.ts';
import { usd } from '../../src/routing/figures.ts';
import { nothingFits } from '../../src/routing/nearest.ts';
import { needsOf } from '../../src/routing/needs.ts';
import { expectedOutput, learnOutput, outputScope } from '../../src/routing/output-history.ts';
import { servedWithin } from '../../src/routing/region.ts';
import { CACHE_LIFETIME_MS, keepSession, sessionOf, sessionState } from '../../src/routing/session.ts';
import { asked, auto, endpoint, model, price, registryOf, situation } from './support.ts';

describe('servedWithin', () => {
  const cases: [wanted: string, regions: string[], within: boolean][] = [
    ['eu', ['eu-west-1'], true],
    ['eu', ['eu'], true],
    ['eu-west', ['eu-west-1'], true],
    ['eu-west', ['eu'], false],
    ['eu-west', ['eu-west-1', 'eu-west-2'], true],
    ['eu', ['eu-west-1', 'us-east-1'], false],
    ['eu', ['europe-west1'], false],
    ['eu', [], false],
    ['us', ['eu-us-1'], false],
  ];
  for (const [wanted, regions, within] of cases) {
    it(`${wanted} ${within ? 'holds' : 'does not hold'} ${regions.join(' and ') || 'what is not known'}`, () =>
      expect(servedWithin(wanted, regions)).toBe(within));
  }
});

describe('priorsOf', () => {
  const of = (
    benchmarks: Record<string, { name: string; score: number; version?: string; variant?: string }[]>,
  ) => priorsOf(Object.entries(benchmarks).map(([id, own]) => model(id, { benchmarks: own })));

  it('divides by the best of the series, averages, and takes off for few', () => {
    const priors = of({
      a: [
        { name: 'x', score: 80 },
        { name: 'y', score: 50 },
      ],
      b: [
        { name: 'x', score: 40 },
        { name: 'y', score: 100 },
      ],
      c: [{ name: 'x', score: 20 }],
      d: [{ name: 'y', score: 10 }],
    });
    expect(priors.get('a')).toBeCloseTo((1 + 0.5) / 2 - 0.05 / Math.SQRT2);
    expect(priors.get('b')).toBeCloseTo((0.5 + 1) / 2 - 0.05 / Math.SQRT2);
    expect(priors.get('c')).toBeCloseTo(0.25 - 0.05);
  });

  it('compares nothing across versions, and nothing with fewer than three models', () => {
    const priors = of({
      a: [{ name: 'x', version: '1', score: 80 }],
      b: [{ name: 'x', version: '1', score: 70 }],
      c: [{ name: 'x', version: '2', score: 60 }],
    });
    expect(priors.size).toBe(0);
  });

  it('takes the mean of a model’s variants', () => {
    const priors = of({
      a: [
        { name: 'x', variant: 'low', score: 40 },
        { name: 'x', variant: 'high', score: 80 },
      ],
      b: [{ name: 'x', score: 100 }],
      c: [{ name: 'x', score: 50 }],
    });
    expect(priors.get('a')).toBeCloseTo(0.6 - 0.05);
  });
});

describe('draws', () => {
  it('fall evenly, also for texts that differ little', () => {
    const tenths = new Array<number>(10).fill(0);
    for (let at = 0; at < 10_000; at++) {
      const tenth = Math.floor(uniformOf(`session-${at}`) * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) {
      expect(count).toBeGreaterThan(880);
      expect(count).toBeLessThan(1_120);
    }
  });

  it('move no conversation but to the one whose share grows', () => {
    const first = (session: string, canary: number): string =>
      drawOf(session, 'canary', canary) < drawOf(session, 'stable', 100 - canary) ? 'canary' : 'stable';
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 50 }), (session, percent) => {
        if (first(session, percent) === 'canary') expect(first(session, percent + 1)).toBe('canary');
      }),
    );
  });

  it('never take what has no share', () => expect(drawOf('s', 'i', 0)).toBe(Infinity));
});

describe('needsOf', () => {
  it('finds what the messages hold and what the parameters ask for', () => {
    const parts = (...types: string[]) => ({
      messages: [
        { role: 'system', content: 'text' },
        { role: 'user', content: types.map((type) => ({ type })) },
      ],
    });
    expect(needsOf(parts('text', 'image_url'), 7)).toMatchObject({
      images: true,
      audio: false,
      inputTokens: 7,
    });
    expect(needsOf(parts('input_audio', 'file'), 7)).toMatchObject({
      images: false,
      audio: true,
      files: true,
    });
    expect(needsOf({ messages: [], tools: [] }, 7).tools).toBe(false);
    expect(needsOf({ messages: [], tools: [{}] }, 7).tools).toBe(true);
    expect(needsOf({ messages: [], response_format: { type: 'json_object' } }, 7).schema).toBe(false);
    expect(needsOf({ messages: [], response_format: { type: 'json_schema' } }, 7).schema).toBe(true);
  });
});

describe('sessions', () => {
  const system = { role: 'system', content: 'Be brief.' };
  const hi = { role: 'user', content: 'Hi' };

  it('are named by the caller, or by how they open', () => {
    const opening = sessionOf('ws', null, [system, hi]);
    expect(sessionOf('ws', null, [system, hi, { role: 'assistant', content: 'Yes?' }, system])).toBe(opening);
    expect(sessionOf('ws', null, [system, { role: 'user', content: 'Ho' }])).not.toBe(opening);
    expect(sessionOf('other', null, [system, hi])).not.toBe(opening);
    // Long instructions do not hide who begins the conversation.
    const long = { role: 'system', content: 'Be brief. '.repeat(10_000) };
    expect(sessionOf('ws', null, [long, hi])).not.toBe(
      sessionOf('ws', null, [long, { role: 'user', content: 'Ho' }]),
    );
    expect(sessionOf('ws', 'mine', [])).not.toBe(sessionOf('other', 'mine', []));
  });

  it('are remembered for as long as prompts are cached', () => {
    const state = { model: 'm', endpoint: 'm@p', at: 1_000, inputTokens: 9 };
    keepSession('test session', state);
    expect(sessionState('test session', 1_000 + CACHE_LIFETIME_MS)).toEqual(state);
    expect(sessionState('test session', 1_001 + CACHE_LIFETIME_MS)).toBeNull();
    expect(sessionState('another', 1_000)).toBeNull();
  });
});

describe('the history of output', () => {
  it('is a moving average of a workflow, or of a key', () => {
    const scope = outputScope('ws', 'flow', 'key');
    expect(expectedOutput(scope)).toBeNull();
    learnOutput(scope, 100);
    learnOutput(scope, 200);
    expect(expectedOutput(scope)).toBe(120);
    expect(outputScope('ws', 'flow', 'other key')).toBe(scope);
    expect(outputScope('ws', null, 'key')).not.toBe(outputScope('ws', null, 'other key'));
    expect(outputScope('ws', null, 'flow')).not.toBe(scope);
  });
});

describe('usd', () => {
  const cases: [amount: number, text: string][] = [
    [0, '0'],
    [0.002, '0.002'],
    [0.0000123456, '0.0000123'],
    [1.5, '1.5'],
    [100, '100'],
    [1234.5, '1235'],
  ];
  for (const [amount, text] of cases) it(text, () => expect(usd(amount)).toBe(text));
});

describe('what is said of a decision', () => {
  const registry = registryOf([
    endpoint('a/m@p', { price: price(10, 10), regions: ['us-east-1'] }),
    endpoint('b/m@p', { price: price(4, 4), regions: ['eu-west-1'] }),
    endpoint('c/m@p', { price: null, regions: ['eu-west-1'] }),
  ]);

  it('names each constraint and the nearest, with what it would have taken', () => {
    const policy = { region: 'eu', max_cost_usd: 0.002 };
    const { ranked, excluded } = decide(situation(registry, { policy }), asked([auto(registry)]));
    expect(ranked).toEqual([]);
    const error = nothingFits(excluded);
    expect(error.code).toBe('no_endpoint_satisfies_policy');
    expect(error.param).toBe('policy.max_cost_usd');
    // 1,000 tokens in and 16 out at 4 USD per 1M are 0.004064 USD.
    expect(error.message).toBe(
      'No endpoint satisfies the policy of this request. Endpoints left out by region (1), max_cost_usd (3). ' +
        'The nearest is b/m@p: costs at least about 0.00406 USD, the policy allows 0.002.',
    );
  });

  it('shows who would serve and who not', () => {
    const policy = { region: 'eu' };
    const scene = situation(registry, { policy });
    const view = explainDecision(decide(scene, asked([auto(registry)]), true), policy, scene.request.needs);
    expect(view).toMatchObject({
      object: 'route',
      policy,
      reason: 'policy_cost',
      candidates: [
        {
          model: 'b/m',
          endpoint: 'b/m@p',
          provider: 'p',
          on: null,
          max_output_tokens: null,
          estimate: { input_tokens: 1_000, output_tokens: 500, cost_usd: 0.006, accuracy: null },
        },
        { endpoint: 'c/m@p', estimate: { cost_usd: null } },
      ],
      excluded: [
        {
          endpoint: 'a/m@p',
          constraints: ['region'],
          detail: 'it is served from us-east-1, the policy asks for eu',
        },
      ],
      excluded_by: { region: 1 },
    });
    expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  });
});
