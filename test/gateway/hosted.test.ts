import { describe, expect, it } from 'vitest';
import { DEFAULT_PRICING } from '../../src/billing/pricing.ts';
import { GatewayError } from '../../src/errors.ts';
import { reservationOf } from '../../src/gateway/admission/reserve.ts';
import { prepare } from '../../src/gateway/attempt/prepare.ts';
import { nativeWay } from '../../src/gateway/formats/native.ts';
import { inFormatOf, withOriginal } from '../../src/gateway/formats/surfaces.ts';
import { explainRoute } from '../../src/gateway/planning/explain.ts';
import { plan } from '../../src/gateway/planning/plan.ts';
import type { Question } from '../../src/gateway/planning/situation.ts';
import { readChatRequest } from '../../src/gateway/requests/request.ts';
import type { Call } from '../../src/gateway/types.ts';
import type { Provider } from '../../src/providers/types.ts';
import { Registry } from '../../src/registry/snapshot.ts';
import type { Price } from '../../src/registry/types.ts';
import { UNKNOWN_HEALTH } from '../../src/routing/unknown-health.ts';
import { messages } from '../../src/wires/anthropic/surface/index.ts';
import { responses } from '../../src/wires/openai/responses/index.ts';
import { endpoint, model, price } from '../routing/support.ts';

const BY_KEY: Provider['auth'] = { kind: 'bearer' };
const provider = (id: string, more: Partial<Provider>): Provider => ({
  id,
  name: id,
  baseUrl: `https://${id}.example/v1`,
  wire: 'openai',
  auth: BY_KEY,
  ...more,
});

const SEARCHES: Partial<Price> = { tools: { web_search: 10_000_000_000 } };
const REGISTRY = new Registry({
  version: 1,
  catalogue: 0,
  providers: [
    provider('claude', { wire: 'anthropic' }),
    provider('cloud', { wire: 'anthropic' }),
    provider('open', { quirks: { responses: {} } }),
    provider('plain', {}),
  ],
  credentials: ['claude', 'cloud', 'open', 'plain'].map((id) => ({
    id: `cred_${id}`,
    provider: id,
    sealed: 's',
    lastFour: 'four',
  })),
  models: [model('a/claude'), model('o/gpt')],
  endpoints: [
    endpoint('a/claude@cloud', { price: price(3, 15) }),
    endpoint('a/claude@claude', { price: price(3, 15, SEARCHES) }),
    endpoint('o/gpt@plain', { price: price(1, 2, SEARCHES) }),
    endpoint('o/gpt@open', { price: price(1, 2, SEARCHES) }),
  ],
  aliases: {},
});

const own = (...providers: string[]) =>
  providers.map((id) => ({ id: `own_${id}`, provider: id, sealed: 's', lastFour: 'four', workspace: 'ws' }));

type Format = 'messages' | 'responses' | 'chat';

function question(format: Format, body: object, credentials: ReturnType<typeof own> = []): Question {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const surface = { messages, responses, chat: null }[format];
  const asked = surface ? inFormatOf(surface)(bytes) : null;
  const read = readChatRequest(asked?.bytes ?? bytes);
  return {
    caller: {
      kind: 'key',
      expiresAt: null,
      keyId: 'key',
      workspaceId: 'ws',
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
      credentials,
    },
    control: read.control,
    request: asked ? withOriginal(read.request, asked) : read.request,
    registry: REGISTRY,
    env: {} as Question['env'],
    health: UNKNOWN_HEALTH,
  };
}

function planned(asking: Question): string[] {
  return plan(asking).candidates.map((one) => `${one.endpoint.id} ${one.credential.id}`);
}

function refusal(asking: Question): [string, string | null, string] {
  try {
    plan(asking);
  } catch (error) {
    if (error instanceof GatewayError) return [error.code, error.param, error.message];
    throw error;
  }
  throw new Error('was planned');
}

const HI = { model: 'a/claude', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] };
const SEARCH = { type: 'web_search_20250305', name: 'web_search' };
const CODE = { type: 'code_execution_20250825', name: 'code_execution' };
const INPUT = { model: 'o/gpt', input: 'Hi' };

describe('tools that run at the provider', () => {
  it('go in their own words to who has a price for them', () => {
    const asking = question('messages', { ...HI, tools: [SEARCH] });
    expect(planned(asking)).toEqual(['a/claude@claude cred_claude']);
    const [candidate] = plan(asking).candidates;
    if (!candidate) throw new Error('nobody');
    expect(nativeWay(candidate, asking.request)?.request.format).toBe('messages');
    const call = { ...asking, generationId: 'gen_1', startedAt: 0 } as unknown as Call;
    const prepared = prepare(call, candidate, asking.request);
    expect(prepared).not.toBeInstanceOf(Promise);
  });

  it('go nowhere where nobody has one, and the refusal says which', () => {
    expect(refusal(question('messages', { ...HI, tools: [SEARCH, CODE] }))).toEqual([
      'unsupported_parameter',
      'tools[0]',
      "This takes a credential of the workspace's own, or a price that the operator declares: web_search has no price at a/claude@cloud.",
    ]);
    expect(refusal(question('messages', { ...HI, tools: [CODE] })).slice(0, 2)).toEqual([
      'unsupported_parameter',
      'tools[0]',
    ]);
    expect(refusal(question('responses', { ...INPUT, tools: [{ type: 'image_generation' }] }))).toEqual([
      'unsupported_parameter',
      'tools[0]',
      "This takes a credential of the workspace's own, or a price that the operator declares: image_generation has no price at o/gpt@open.",
    ]);
  });

  it('and what makes tokens dearer is taken for one', () => {
    expect(refusal(question('responses', { ...INPUT, service_tier: 'priority' })).slice(0, 2)).toEqual([
      'unsupported_parameter',
      'service_tier',
    ]);
    expect(refusal(question('messages', { ...HI, speed: 'fast' })).slice(0, 2)).toEqual([
      'unsupported_parameter',
      'speed',
    ]);
    expect(planned(question('responses', { ...INPUT, service_tier: 'default' }))).not.toEqual([]);
  });

  it('leave endpoints out where the router decides too', () => {
    const body = { ...HI, tools: [CODE], policy: { objective: 'cost' } };
    expect(refusal(question('messages', body)).slice(0, 2)).toEqual(['unsupported_parameter', 'tools[0]']);
    const asking = question('messages', { ...HI, tools: [SEARCH], policy: { objective: 'cost' } });
    expect(planned(asking)).toEqual(['a/claude@claude cred_claude']);
    expect(explainRoute(asking).excluded).toEqual([
      expect.objectContaining({ endpoint: 'a/claude@cloud', constraints: ['tool_price'] }),
    ]);
  });

  it('run on a workspace’s own credential, and on no other', () => {
    const asking = question('messages', { ...HI, tools: [SEARCH, CODE] }, own('cloud'));
    expect(planned(asking)).toEqual(['a/claude@cloud own_cloud']);
    const auto = question('messages', { ...HI, tools: [CODE], policy: { objective: 'cost' } }, own('cloud'));
    expect(planned(auto)).toEqual(['a/claude@cloud own_cloud']);
  });

  it('are not for chat completions whose hosts count nothing', () => {
    const body = { model: 'o/gpt', messages: HI.messages, web_search_options: {} };
    expect(refusal(question('chat', body)).slice(0, 2)).toEqual([
      'unsupported_parameter',
      'web_search_options',
    ]);
    expect(planned(question('chat', body, own('plain')))).toEqual(['o/gpt@plain own_plain']);
    const counted = { model: 'o/gpt', messages: HI.messages, tools: [{ type: 'web_search' }] };
    expect(refusal(question('chat', counted))[2]).toContain('cannot be counted');
  });

  it('bear on nobody who does not ask for them', () => {
    expect(planned(question('messages', HI))).toEqual([
      'a/claude@cloud cred_cloud',
      'a/claude@claude cred_claude',
    ]);
  });

  it.each([
    ['as often as the request allows', { ...SEARCH, max_uses: 3 }, 3],
    ['as often as is usual', SEARCH, 10],
  ])('are reserved for %s', (_, tool, times) => {
    const fixed = (body: object) => {
      const asking = question('messages', { ...body, policy: { allow: ['a/claude'] } });
      const candidates = plan(asking).candidates.filter(({ provider: { id } }) => id === 'claude');
      return reservationOf({ ...asking } as unknown as Call, candidates).cost.fixed;
    };
    const difference = fixed({ ...HI, tools: [tool] }) - fixed(HI);
    // Beside the tool's own tokens, which are some dozens at 3 USD per million.
    expect(Math.floor(difference / 10_000_000)).toBe(times);
  });
});

describe('objects of the provider’s account', () => {
  const stores = { ...INPUT, tools: [{ type: 'web_search' }, { type: 'mcp', container: 'cntr_1' }] };
  const file = { type: 'document', source: { type: 'file', file_id: 'file_011' } };
  const naming = { ...HI, messages: [{ role: 'user', content: [file] }] };

  it('are not named to an account that tenants share', () => {
    expect(refusal(question('messages', naming))).toEqual([
      'unsupported_parameter',
      'messages[0].content[0].source.file_id',
      expect.stringContaining("This takes a credential of the workspace's own"),
    ]);
    expect(refusal(question('messages', { ...HI, container: 'container_1' }))[1]).toBe('container');
    const [code, param] = refusal(question('messages', { ...naming, policy: { objective: 'cost' } }));
    expect([code, param]).toEqual(['unsupported_parameter', 'messages[0].content[0].source.file_id']);
    expect(refusal(question('responses', stores))[0]).toBe('unsupported_parameter');
  });

  it('are named to the workspace’s own', () => {
    expect(planned(question('messages', naming, own('claude')))).toEqual(['a/claude@claude own_claude']);
    expect(planned(question('responses', stores, own('open')))).toEqual(['o/gpt@open own_open']);
  });
});
