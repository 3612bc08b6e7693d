import { DEFAULT_PRICING } from '../../../src/billing/pricing.ts';
import { GatewayError } from '../../../src/errors.ts';
import { plan } from '../../../src/gateway/planning/plan.ts';
import type { Question } from '../../../src/gateway/planning/situation.ts';
import { readChatRequest } from '../../../src/gateway/requests/request.ts';
import type { Caller } from '../../../src/gateway/types.ts';
import type { Registry } from '../../../src/registry/snapshot.ts';
import type { HealthView } from '../../../src/routing/health/types.ts';
import type { RoutingRules, WorkspaceRouting } from '../../../src/routing/policy/types.ts';
import { UNKNOWN_HEALTH } from '../../../src/routing/unknown-health.ts';
import { endpoint, model, price, registryOf } from '../../routing/support.ts';

export const RULES: RoutingRules = { policies: {}, fallbacks: {}, splits: {} };
export const OWN: WorkspaceRouting = { ...RULES, policy: null, workflows: {}, scores: {} };

export const ENDPOINTS = [
  endpoint('a/large@p', { price: price(10, 20), regions: ['us-east-1'] }),
  endpoint('a/large@q', { price: price(12, 24), regions: ['eu-west-1'] }),
  endpoint('b/small@q', { price: price(1, 2), regions: ['eu-west-1'] }),
  endpoint('c/words@p', {}),
];
export const MODELS = [model('c/words', { kind: 'embedding' })];
const REGISTRY = registryOf(ENDPOINTS, MODELS);

let keys = 0;

export const callerOf = (more: Partial<Caller> = {}): Caller => ({
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

export interface Asking {
  caller?: Partial<Caller>;
  registry?: Registry;
  health?: HealthView;
  headers?: Record<string, string>;
}

export function question(
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

export const planned = (body: object, asking?: Asking) => {
  const { candidates, reason, policy } = plan(question(body, asking));
  return { ids: candidates.map((one) => one.endpoint.id), reason, policy, candidates };
};

export function refusal(
  body: object,
  asking?: Asking,
): [code: string, param: string | null, message: string] {
  try {
    plan(question(body, asking));
  } catch (error) {
    if (error instanceof GatewayError) return [error.code, error.param, error.message];
    throw error;
  }
  throw new Error('was planned');
}
