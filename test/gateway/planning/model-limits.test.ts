import { expect, it } from 'vitest';
import { DEFAULT_PRICING } from '../../../src/billing/pricing.ts';
import { plan } from '../../../src/gateway/planning/plan.ts';
import type { Question } from '../../../src/gateway/planning/situation.ts';
import { readChatRequest } from '../../../src/gateway/requests/request.ts';
import { UNKNOWN_HEALTH } from '../../../src/routing/unknown-health.ts';
import { endpoint, price, registryOf } from '../../routing/support.ts';

const REGISTRY = registryOf([
  endpoint('a/large@p', { price: price(10, 20) }),
  endpoint('b/small@q', { price: price(1, 2) }),
]);

function idsFor(body: object, limited: string[]): string[] {
  const modelLimits = limited.map((models) => ({ models, limits: { requests_per_minute: 1 } }));
  const bytes = new TextEncoder().encode(
    JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], ...body }),
  );
  const caller: Question['caller'] = {
    kind: 'key',
    expiresAt: null,
    keyId: 'key_limited',
    workspaceId: 'ws_limited',
    projectId: 'prj',
    userId: null,
    role: 'inference',
    models: null,
    workspaceModels: null,
    workspaceAliases: null,
    allowedIps: null,
    allowance: { limits: {}, budgets: [], version: 1, modelLimits },
    workspaceAllowance: null,
    projectAllowance: null,
    memberAllowance: null,
    pricing: DEFAULT_PRICING,
  };
  const read = readChatRequest(bytes, () => undefined);
  const question = {
    caller,
    ...read,
    registry: REGISTRY,
    env: {} as Question['env'],
    health: UNKNOWN_HEALTH,
  };
  return plan(question).candidates.map((one) => one.endpoint.id);
}

const BOTH = { model: 'b/small', models: ['a/large'] };

it.each([
  ['without limits by model the fallback may serve', [], ['b/small@q', 'a/large@p']],
  ['a fallback that has a limit of its own is left out', ['a/*'], ['b/small@q']],
  ['a limit of the first holds nobody back', ['b/*'], ['b/small@q', 'a/large@p']],
  ['a limit for both counts once', ['*'], ['b/small@q', 'a/large@p']],
])('%s', (_, limited, expected) => {
  expect(idsFor(BOTH, limited)).toEqual(expected);
});
