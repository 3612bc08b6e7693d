import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addModel, modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test('the SDK lists what can be called, and nothing else', async () => {
  const page = await world.client.models.list();
  const ids = page.data.map((model) => model.id);
  expect(ids).toContain(modelId('anthropic'));
  expect(ids).toContain('demo/echo');
  // Known to the catalogue, but nobody has given a key for its provider.
  expect(ids).not.toContain('openai/gpt-4o');
  const listed = page.data.find((model) => model.id === modelId('anthropic'));
  expect(listed).toMatchObject({
    object: 'model',
    owned_by: modelId('').slice(0, -1),
    context_length: 1_000_000,
  });
  expect(listed).toMatchObject({ pricing: { prompt: '0.000002', completion: '0.00001' } });
});

test('the SDK of Messages lists them page by page, and retrieves one', async () => {
  const client = new Anthropic({ baseURL: world.gateway.origin, apiKey: world.key, maxRetries: 0 });
  // Others list and declare models at the same time.
  const isOwn = ({ id }: { id: string }): boolean => id.startsWith(modelId(''));
  const expected = (await world.client.models.list()).data.filter(isOwn).map(({ id }) => id);
  const listed: Anthropic.ModelInfo[] = [];
  for await (const model of client.models.list({ limit: 2 })) listed.push(model);
  expect(listed.filter(isOwn).map(({ id }) => id)).toEqual(expected);
  const model = await client.models.retrieve(modelId('anthropic'));
  expect(listed).toContainEqual(model);
  expect(model).toMatchObject({
    type: 'model',
    display_name: 'anthropic',
    created_at: '1970-01-01T00:00:00Z',
    max_input_tokens: 1_000_000,
    max_tokens: null,
  });
});

test('the SDK retrieves models whose ids hold a slash, which it sends encoded', async () => {
  await world.api('PUT', '/api/providers/openai', { secret: 'sk-for-the-shipped-provider' });
  const model = await world.client.models.retrieve('openai/gpt-4o');
  expect(model).toMatchObject({ id: 'openai/gpt-4o', object: 'model', owned_by: 'openai' });
  expect((await world.fetch('/v1/models/openai/gpt-4o')).status).toBe(200);
  const bySlug = await world.client.models.retrieve('gpt-4o');
  expect(bySlug.id).toBe('openai/gpt-4o');

  await addModel(world, 'deep/er/model:free', ['google']);
  expect((await world.client.models.retrieve(modelId('deep/er/model:free'))).id).toBe(
    modelId('deep/er/model:free'),
  );
});

test('a model that is not there is a NotFoundError', async () => {
  await expect(world.client.models.retrieve(modelId('nothing'))).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  await expect(world.client.models.retrieve(modelId('nothing'))).rejects.toMatchObject({
    code: 'model_not_found',
    param: 'id',
  });
});

test('a name that leads nowhere is refused before anything is sent', async () => {
  const response = await world.chat({ model: modelId('openai'), messages: [], stream: true });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { code: 'invalid_value', param: 'messages' } });
});
