import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/env.ts';
import type { Provider } from '../../src/providers/types.ts';
import { parametersOf } from '../../src/registry/listing.ts';
import { refreshRegistry } from '../../src/registry/load.ts';
import { refutedParameters } from '../../src/registry/probed.ts';
import type { Endpoint, Model } from '../../src/registry/types.ts';
import type { WireId } from '../../src/wires/types.ts';

const bindings = env as unknown as Env;
const endpoint = (probed: Endpoint['probed'], capabilities = {}): Endpoint =>
  ({ probed, capabilities }) as unknown as Endpoint;
const CHAT = { kind: 'chat' } as Model;
const of = (wire: WireId) => ({ provider: () => ({ wire }) as Provider });

describe('what probes have seen', () => {
  it('counts for more than what is claimed', () => {
    const claims = { tools: true, temperature: true };
    expect(parametersOf(CHAT, [endpoint(undefined, claims)], of('openai'))).toEqual([
      'max_tokens',
      'tools',
      'tool_choice',
      'temperature',
    ]);
    const seen = { tools: 'honoured', tool_choice: 'ignored', seed: 'honoured', stop: 'refused' } as const;
    expect(parametersOf(CHAT, [endpoint(seen, claims)], of('openai'))).toEqual([
      'max_tokens',
      'tools',
      'temperature',
      'seed',
    ]);
    // One endpoint of a model that honours it is enough.
    const both = [endpoint({ seed: 'ignored' }), endpoint({ seed: 'honoured' })];
    expect(parametersOf(CHAT, both, of('openai'))).toContain('seed');
  });

  it.each([
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', ['reasoning', 'reasoning_effort']],
    ['us.amazon.nova-2-lite-v1:0', ['reasoning', 'reasoning_effort']],
    ['us.deepseek.r1-v1:0', []],
  ])('is no more than what can be said to %s', (upstreamModel, reasoning) => {
    const claimed = { ...endpoint(undefined, { reasoning: true }), upstreamModel };
    expect(parametersOf(CHAT, [claimed], of('bedrock'))).toEqual(['max_tokens', ...reasoning]);
  });

  it('names what of a request an endpoint does not do', () => {
    const seen = endpoint({ seed: 'ignored', n: 'refused', json_schema: 'ignored', json_mode: 'honoured' });
    expect(refutedParameters(seen, { seed: 7, n: 1, response_format: { type: 'json_object' } })).toEqual([
      'seed',
    ]);
    expect(refutedParameters(seen, { n: 2, response_format: { type: 'json_schema' } })).toEqual([
      'n',
      'response_format',
    ]);
    expect(refutedParameters(seen, { seed: null, stop: ['x'] })).toEqual([]);
    expect(refutedParameters(endpoint(undefined), { seed: 7 })).toEqual([]);
  });

  it('is part of the registry, but for what is inconclusive', async () => {
    await refreshRegistry(bindings);
    const insert = bindings.DB.prepare(
      "INSERT INTO probes (endpoint_id, ability, result, evidence, cost, probed_at) VALUES ('openai/gpt-4o@openai', ?, ?, '', 0, 1)",
    );
    await bindings.DB.batch([insert.bind('seed', 'ignored'), insert.bind('stop', 'inconclusive')]);
    const [first] = (await refreshRegistry(bindings)).endpoints('openai/gpt-4o');
    expect(first?.probed).toEqual({ seed: 'ignored' });
  });
});
