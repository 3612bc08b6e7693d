import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { receiptOf } from '../support/node/receipts.ts';
import { answer, stream } from '../support/node/scripts.ts';
import { readStream } from '../support/node/sse.ts';
import { addModel, addProvider, modelId, startWorld, type World } from '../support/node/world.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');

function bytesOf(name: string): Buffer {
  return Buffer.from(readFileSync(join(FIXTURES, 'bedrock', name, 'stream.base64.txt'), 'utf8'), 'base64');
}

const RECORDED = bytesOf('bedrock-converse-s-model-stream-0');
const API_KEY = 'ABSKQmVkcm9ja0FQSUtleS1leGFtcGxl';
const messages = [{ role: 'user', content: 'What is the capital of France?' }];

let world: World;
beforeAll(async () => {
  world = await startWorld();
  // Declared as its operator would: only the wire is said, which brings its way to take a secret.
  await world.api('PUT', '/api/providers/converse-host', {
    base_url: world.upstream.url('converse'),
    wire: 'bedrock',
    secret: API_KEY,
  });
  await world.api('PUT', `/api/models/${encodeURIComponent(modelId('nova'))}`, {
    name: 'nova',
    kind: 'chat',
    endpoints: [
      {
        provider: 'converse-host',
        upstream_model: 'amazon.nova-micro-v1:0',
        price: { input: 2, output: 10, cached_input: 0.5, cache_write: 2.5 },
      },
    ],
  });
});
afterAll(() => world.stop());

describe('Converse', () => {
  test.each([1, 50, 100_000])('streams through the gateway, %d bytes at a time', async (size) => {
    world.upstream.script('converse', stream(RECORDED, size));
    const response = await world.chat({ model: modelId('nova'), messages, stream: true, temperature: 0 });
    const { text, finish, ending, last } = await readStream(response);
    expect(text).toMatch(/^The capital of France is Paris\..*"The City of Love\."$/);
    expect(finish).toEqual(['stop']);
    expect(ending).toBe('credits');
    expect(last.usage).toMatchObject({ prompt_tokens: 13, completion_tokens: 82, total_tokens: 95 });
    // 13 × 2 + 82 × 10 USD per million.
    expect(last.credits_used).toBe(0.000846);
    const [sent] = world.upstream.received('converse');
    expect(sent?.path).toBe('/model/amazon.nova-micro-v1%3A0/converse-stream');
    expect(sent?.headers.authorization).toBe(`Bearer ${API_KEY}`);
    expect(sent?.json).toEqual({
      messages: [{ role: 'user', content: [{ text: 'What is the capital of France?' }] }],
      inferenceConfig: { temperature: 0 },
    });
  });

  test('answers whole, and its cache is priced', async () => {
    const path = join(FIXTURES, 'bedrock/bedrock-converse-j-cache-write-0/response.json');
    world.upstream.script('converse', answer(readFileSync(path)));
    const response = await world.chat({ model: modelId('nova'), messages });
    const body = (await response.json()) as { choices: { message: { content: string } }[] };
    expect(body.choices[0]?.message.content).toBe('21');
    expect(world.upstream.received('converse')[0]?.path).toBe('/model/amazon.nova-micro-v1%3A0/converse');
    // 2 × 2 + 1322 × 2.5 + 5 × 10 USD per million.
    expect(Number(response.headers.get('x-credits-used'))).toBe(0.003359);
  });

  test.each([
    ['is cut', RECORDED.subarray(0, 3000), 'upstream_incomplete'],
    [
      'is damaged',
      Buffer.concat([RECORDED.subarray(0, 3000), Buffer.alloc(400)]),
      'upstream_invalid_response',
    ],
    [
      'fails',
      Buffer.concat([
        RECORDED.subarray(0, 0xb5),
        RECORDED.subarray(0xb5, 0xb5 + 0xcb),
        bytesOf('bedrock-converse-s-model-stream-error'),
      ]),
      'upstream_error',
    ],
  ])('that %s in the middle ends in an error', async (_, bytes, code) => {
    // In small pieces, so that the failure comes after the first words have gone out.
    world.upstream.script('converse', stream(bytes, 100));
    const response = await world.chat({ model: modelId('nova'), messages, stream: true });
    const { text, ending, last } = await readStream(response);
    expect(text).toMatch(/^The/);
    expect(ending).toBe('error');
    expect(last.error?.code).toBe(code);
    expect((await receiptOf(world, response)).status).toBe('failed');
  });

  test('that fails before the first word is an error like any other', async () => {
    world.upstream.script('converse', stream(bytesOf('bedrock-converse-s-model-stream-error')));
    const response = await world.chat({ model: modelId('nova'), messages, stream: true });
    expect(response.status).toBe(502);
    expect(((await response.json()) as { error: { code: string } }).error.code).toBe('upstream_error');
  });
});

describe('a host with its own paths', () => {
  test('gets the Messages API as Vertex has it', async () => {
    await addProvider(world, 'raw', 'anthropic', {
      auth: 'bearer',
      quirks: {
        path: { whole: '/models/{model}:rawPredict', stream: '/models/{model}:streamRawPredict' },
        add: { anthropic_version: 'vertex-2023-10-16' },
      },
    });
    await addModel(world, 'raw', ['raw'], { upstreamModel: 'claude-sonnet-4-5@20250929' });
    world.upstream.script(
      'raw',
      answer({
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-sonnet-4-5-20250929',
        content: [{ type: 'text', text: 'Paris' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 10, output_tokens: 1 },
      }),
    );
    const response = await world.chat({ model: modelId('raw'), messages, max_tokens: 5 });
    expect(response.status).toBe(200);
    const [sent] = world.upstream.received('raw');
    expect(sent?.path).toBe('/models/claude-sonnet-4-5@20250929:rawPredict');
    expect(sent?.json).toEqual({
      anthropic_version: 'vertex-2023-10-16',
      max_tokens: 5,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'What is the capital of France?' }] }],
    });
  });

  test('gets Chat Completions as Azure’s dated API has it', async () => {
    const path = '/deployments/{model}/chat/completions?api-version={azure_api_version}';
    await addProvider(world, 'dated', 'openai', {
      auth: { kind: 'header', name: 'api-key' },
      secret: 'azure-key-of-the-test',
      quirks: { path: { whole: path, stream: path } },
    });
    await addModel(world, 'dated', ['dated'], { upstreamModel: 'our-gpt' });
    world.upstream.script('dated', answer({}, 404));
    await world.chat({ model: modelId('dated'), messages });
    const [sent] = world.upstream.received('dated');
    expect(sent?.path).toBe('/deployments/our-gpt/chat/completions?api-version=2024-10-21');
    expect(sent?.headers['api-key']).toBe('azure-key-of-the-test');
    expect(sent?.json).toEqual({ messages });
  });
});

test('a provider whose address is not complete is not called', async () => {
  await world.api('PUT', '/api/providers/azure', { secret: 'azure-key-of-the-test' });
  const provider = await world.api<{ base_url: string; servable: boolean }>('GET', '/api/providers/azure');
  expect(provider.base_url).toBe('https://{azure_resource}.openai.azure.com/openai/v1');
  expect(provider.servable).toBe(false);
  await world.api('DELETE', '/api/providers/azure');
});
