import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { readPolicy } from '../../../src/routing/policy/input.ts';
import { effectivePolicy } from '../../../src/routing/policy/merge.ts';
import type { Policy } from '../../../src/routing/policy/types.ts';

function refusal(input: unknown, param?: string): [code: string, param: string | null, message: string] {
  try {
    readPolicy(input, param);
  } catch (error) {
    if (error instanceof GatewayError) return [error.code, error.param, error.message];
    throw error;
  }
  throw new Error('was accepted');
}

describe('readPolicy', () => {
  it('takes the policy of the documentation', () => {
    const policy = {
      slo_ms: 350,
      max_cost_usd: 0.002,
      min_accuracy: 0.92,
      region: 'eu-west',
      allow: ['anthropic/*', 'openai/*'],
    };
    expect(readPolicy(policy)).toEqual(policy);
  });

  it('leaves nulls out, and takes one mode for a list of it', () => {
    expect(readPolicy({ slo_ms: null, region: 'EU-West', midstream: 'error', deny: [] })).toEqual({
      region: 'eu-west',
      midstream: ['error'],
      deny: [],
    });
    expect(readPolicy({ midstream: ['restart', 'error', 'restart'] })).toEqual({
      midstream: ['restart', 'error'],
    });
  });

  const refused: [input: unknown, code: string, param: string | null][] = [
    ['fast', 'invalid_type', 'policy'],
    [null, 'invalid_type', 'policy'],
    [{ max_cost_usd: '1' }, 'invalid_type', 'policy.max_cost_usd'],
    [{ max_cost_usd: -1 }, 'invalid_value', 'policy.max_cost_usd'],
    [{ min_accuracy: 1.1 }, 'invalid_value', 'policy.min_accuracy'],
    [{ slo_ms: 1.5 }, 'invalid_type', 'policy.slo_ms'],
    [{ allow: [] }, 'invalid_value', 'policy.allow'],
    [{ allow: ['openai/*', 7] }, 'invalid_type', 'policy.allow[1]'],
    [{ objective: 'quality' }, 'invalid_value', 'policy.objective'],
    [{ data_collection: 'never' }, 'invalid_value', 'policy.data_collection'],
    [{ max_attempts: 21 }, 'invalid_value', 'policy.max_attempts'],
    [{ max_wake_ms: 600_001 }, 'invalid_value', 'policy.max_wake_ms'],
    [{ midstream: [] }, 'invalid_value', 'policy.midstream'],
    [{ regions: ['eu'] }, 'unsupported_parameter', 'policy.regions'],
  ];
  for (const [input, code, param] of refused) {
    it(`refuses ${JSON.stringify(input)}`, () => expect(refusal(input).slice(0, 2)).toEqual([code, param]));
  }

  it('names the parameter as its caller does, and what is expected of it', () => {
    expect(refusal({ min_accuracy: 2 }, 'x-policy')).toEqual([
      'invalid_value',
      'x-policy.min_accuracy',
      'x-policy.min_accuracy must be at most 1.',
    ]);
  });
});

describe('effectivePolicy', () => {
  const policies: fc.Arbitrary<Policy | null> = fc.option(
    fc.record(
      { slo_ms: fc.nat(), region: fc.string(), allow: fc.array(fc.string()), allow_unrated: fc.boolean() },
      { requiredKeys: [] },
    ),
  );

  it('takes each field from the nearest source that declares it', () => {
    fc.assert(
      fc.property(fc.array(policies), (sources) => {
        const before = structuredClone(sources);
        const merged = effectivePolicy(sources);
        for (const field of ['slo_ms', 'region', 'allow', 'allow_unrated'] as const) {
          const nearest = sources.find((source) => source?.[field] !== undefined);
          expect(merged[field]).toEqual(nearest?.[field]);
        }
        expect(sources).toEqual(before);
      }),
    );
  });
});
