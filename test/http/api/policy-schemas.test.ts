import { describe, expect, it } from 'vitest';
import { PolicyInput } from '../../../src/http/api/policy-schemas.ts';
import { readPolicy } from '../../../src/routing/policy/input.ts';

const glob = 'x'.repeat(200);

/** Policies that both the management API and requests take. */
const TAKEN: object[] = [
  {},
  { slo_ms: 1 },
  { slo_ms: 600_000 },
  { slo_ms: null, allow: null, midstream: null, objective: null },
  { max_cost_usd: 0.000001 },
  { max_cost_usd: 1000 },
  { min_accuracy: 0 },
  { min_accuracy: 1 },
  { region: 'eu' },
  { region: 'eu-west' },
  { allow: ['openai/*'], deny: [glob] },
  { allow: Array.from({ length: 100 }, () => 'a') },
  { deny: [] },
  { deny: Array.from({ length: 100 }, () => 'a') },
  ...['cost', 'latency', 'throughput', 'accuracy'].map((objective) => ({ objective })),
  { require_parameters: true, allow_unrated: false, data_collection: 'deny' },
  { first_token_ms: 100, idle_ms: 100, total_ms: 100 },
  { first_token_ms: 600_000, idle_ms: 600_000, total_ms: 3_600_000 },
  { max_attempts: 1 },
  { max_attempts: 20 },
  { backoff_ms: 0 },
  { backoff_ms: 30_000 },
  { max_wake_ms: 0 },
  { max_wake_ms: 600_000 },
  { midstream: ['continue', 'restart', 'error'] },
  { midstream: ['error'] },
  { midstream: 'restart' },
];

/** Policies that neither takes. */
const REFUSED: unknown[] = [
  null,
  [],
  'cheap',
  { slo: 5 },
  { slo_ms: 0 },
  { slo_ms: 1.5 },
  { slo_ms: '700' },
  { slo_ms: 3_600_001 },
  { max_cost_usd: 0 },
  { max_cost_usd: -1 },
  { max_cost_usd: 1_000_001 },
  { max_cost_usd: '1' },
  { min_accuracy: -0.01 },
  { min_accuracy: 1.01 },
  { region: '' },
  { region: 'x'.repeat(101) },
  { region: ['eu'] },
  { allow: [] },
  { allow: [''] },
  { allow: 'openai/*' },
  { allow: Array.from({ length: 101 }, () => 'a') },
  { deny: [`${glob}x`] },
  { deny: Array.from({ length: 101 }, () => 'a') },
  { objective: 'speed' },
  { require_parameters: 'yes' },
  { allow_unrated: 1 },
  { data_collection: true },
  { first_token_ms: 0 },
  { idle_ms: 0 },
  { total_ms: 0 },
  { total_ms: 3_600_001 },
  { max_attempts: 0 },
  { max_attempts: 21 },
  { backoff_ms: -1 },
  { backoff_ms: 30_001 },
  { max_attempts: 2.5 },
  { max_wake_ms: -1 },
  { max_wake_ms: 600_001 },
  { midstream: [] },
  { midstream: ['again'] },
  { midstream: 'again' },
];

const isRead = (policy: unknown): boolean => {
  try {
    readPolicy(policy);
    return true;
  } catch {
    return false;
  }
};

describe('the policy of the management API and that of requests', () => {
  it.each(TAKEN.map((policy) => [JSON.stringify(policy).slice(0, 80), policy]))('take %s', (_, policy) => {
    expect(PolicyInput.safeParse(policy).success).toBe(true);
    expect(isRead(policy)).toBe(true);
  });

  it.each(REFUSED.map((policy) => [JSON.stringify(policy).slice(0, 80), policy]))(
    'refuse %s',
    (_, policy) => {
      expect(PolicyInput.safeParse(policy).success).toBe(false);
      expect(isRead(policy)).toBe(false);
    },
  );
});
