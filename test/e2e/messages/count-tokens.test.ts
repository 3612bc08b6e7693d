import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WireName } from '../../support/node/fixtures.ts';
import { answer } from '../../support/node/scripts.ts';
import { startWorld, type World } from '../../support/node/world.ts';
import { ask, clientOf, TOOL } from './client.ts';

let world: World;
let client: Anthropic;
beforeAll(async () => {
  world = await startWorld();
  client = clientOf(world);
});
afterAll(() => world.stop());

describe('count_tokens', () => {
  const count = (wire: WireName) => {
    const { max_tokens: _, ...body } = ask(wire);
    return client.messages.countTokens({ ...body, system: 'Be brief.', tools: [TOOL] }).withResponse();
  };

  test('is asked of a provider that speaks this API', async () => {
    world.upstream.script('anthropic', answer({ input_tokens: 321 }));
    const { data, response } = await count('anthropic');
    expect(data).toEqual({ input_tokens: 321 });
    expect(response.headers.get('x-token-count')).toBe('provider');
    const [received] = world.upstream.received('anthropic');
    expect(received?.path).toBe('/messages/count_tokens');
    expect(received?.json).toEqual({
      model: 'Up-anthropic',
      system: 'Be brief.',
      messages: [{ role: 'user', content: 'The weather?' }],
      tools: [TOOL],
    });
  });

  test('is estimated for others, and where the provider does not count', async () => {
    world.upstream.script('openai', answer({}, 500));
    const other = await count('openai');
    expect(other.response.headers.get('x-token-count')).toBe('estimate');
    expect(other.data.input_tokens).toBeGreaterThan(10);
    expect(world.upstream.received('openai')).toEqual([]);

    world.upstream.script('anthropic', answer({ type: 'error', error: { type: 'not_found_error' } }, 404));
    expect((await count('anthropic')).response.headers.get('x-token-count')).toBe('estimate');
  });

  test('is not for keys that may not call models', async () => {
    const { key } = await world.api<{ key: string }>('POST', '/api/keys', {
      name: 'reader',
      workspace: world.workspace,
      role: 'read',
    });
    world.upstream.script('anthropic', answer({ input_tokens: 1 }));
    const reader = new Anthropic({
      baseURL: world.gateway.origin,
      authToken: key,
      apiKey: null,
      maxRetries: 0,
    });
    const { max_tokens: _, ...body } = ask('anthropic');
    const thrown = await reader.messages.countTokens(body).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Anthropic.PermissionDeniedError);
    expect(world.upstream.received('anthropic')).toEqual([]);
  });

  test('tells the refusal of the request', async () => {
    world.upstream.script(
      'anthropic',
      answer({ type: 'error', error: { type: 'invalid_request_error', message: 'No.' } }, 400),
    );
    const thrown = await count('anthropic').catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Anthropic.BadRequestError);
    expect(thrown).toMatchObject({ error: { error: { message: 'No.' } } });
  });
});
