import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Recording, recordings, WIRES } from '../support/node/fixtures.ts';
import { faults } from '../support/node/openai-schema.ts';
import { answer, stream } from '../support/node/scripts.ts';
import { type Chunk, readStream } from '../support/node/sse.ts';
import { modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const MESSAGES = [{ role: 'user', content: 'Hello' }];

/**
 * What hosts say otherwise and what is passed on as they say it: OpenAI itself sends the fingerprint as
 * null, which its description forbids, and tiers of service have names of the host's own.
 */
const PASSED_ON = /\/(system_fingerprint must be string|service_tier must .*)$/;

/** What a response violates of OpenAI's description, whatever kind of response it is. */
async function faultsOf(response: Response): Promise<string[]> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    const { chunks } = await readStream(response);
    return chunks
      .flatMap((chunk, index) => faultsOfChunk(chunk).map((fault) => `chunk ${index}: ${fault}`))
      .filter((fault) => !PASSED_ON.test(fault));
  }
  const body: unknown = await response.json();
  if (!response.ok) return faults(body, 'ErrorResponse');
  return faults(body, 'CreateChatCompletionResponse').filter((fault) => !PASSED_ON.test(fault));
}

function faultsOfChunk(chunk: Chunk): string[] {
  if (chunk.error === undefined) return faults(chunk, 'CreateChatCompletionStreamResponse');
  // The chunk that says that an answer broke is the gateway's own: its finish reason is one that OpenAI
  // does not know, so that no client takes the answer for whole.
  expect(chunk.choices.map((choice) => choice.finish_reason)).toEqual(['error']);
  const plain = { ...chunk, choices: chunk.choices.map((choice) => ({ ...choice, finish_reason: null })) };
  return [
    ...faults(plain, 'CreateChatCompletionStreamResponse'),
    ...faults({ error: chunk.error }, 'ErrorResponse'),
  ];
}

async function replay(recorded: Recording, includeUsage: boolean): Promise<Response> {
  const { wire, bytes, status } = recorded;
  world.upstream.script(wire, recorded.stream ? stream(bytes, 1000) : answer(bytes, status));
  return world.chat({
    model: modelId(wire),
    messages: MESSAGES,
    stream: recorded.stream,
    ...(includeUsage ? { stream_options: { include_usage: true } } : {}),
  });
}

describe.each(WIRES)('recordings of the %s wire', (wire) => {
  test.each(recordings(wire).map((recorded) => [recorded.name, recorded] as const))(
    '%s is answered as OpenAI describes',
    async (_, recorded) => {
      expect(await faultsOf(await replay(recorded, false))).toEqual([]);
      if (recorded.stream) expect(await faultsOf(await replay(recorded, true))).toEqual([]);
    },
  );
});

describe('the demo models', () => {
  const TOOLS = [
    { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
  ];
  const FORMAT = {
    type: 'json_schema',
    json_schema: { name: 'x', schema: { type: 'object', properties: { a: { type: 'string' } } } },
  };
  const names = ['echo', 'reasoning', 'tools', 'json', 'fail', 'flaky', 'limited', 'break', 'resilient'];

  test.each(names)('demo/%s answers as OpenAI describes', async (name) => {
    const policy = { max_attempts: 1 };
    const body = { model: `demo/${name}`, messages: MESSAGES, tools: TOOLS, response_format: FORMAT, policy };
    expect(await faultsOf(await world.chat(body))).toEqual([]);
    expect(await faultsOf(await world.chat({ ...body, stream: true }))).toEqual([]);
  });

  test('demo/slow and demo/stall too, where time is short', async () => {
    const hasty = await startWorld('hasty');
    const ask = (model: string) => hasty.chat({ model, messages: MESSAGES, stream: true });
    const [slow, stalled] = await Promise.all([ask('demo/slow'), ask('demo/stall')]);
    expect(await faultsOf(slow)).toEqual([]);
    const { chunks, ending } = await readStream(stalled);
    expect(chunks.flatMap(faultsOfChunk)).toEqual([]);
    expect(ending).toBe('error');
    await hasty.stop();
  });
});

test('lists and errors are as OpenAI describes', async () => {
  const list = await (await world.fetch('/v1/models')).json();
  expect(faults(list, 'ListModelsResponse')).toEqual([]);
  const model = await (await world.fetch(`/v1/models/${modelId('openai')}`)).json();
  expect(faults(model, 'Model')).toEqual([]);
  const refused = [
    await world.fetch('/v1/models/none'),
    await world.fetch('/v1/nothing'),
    await world.fetch('/nothing'),
    await world.fetch('/v1/models', { method: 'DELETE' }),
    await world.fetch('/v1/models', { headers: { authorization: 'Bearer x' } }),
    await world.fetch('/v1/generations/gen_none'),
    await world.fetch('/api/providers/none'),
    await world.chat({}),
  ];
  for (const response of refused) {
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await faultsOf(response), response.url).toEqual([]);
  }
});

test('the description refuses what is wrong, so that the tests above mean something', () => {
  const faultsWith = (choice: object): string[] =>
    faults(
      { id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice] },
      'CreateChatCompletionStreamResponse',
    );
  expect(faultsWith({ index: 0, delta: {}, finish_reason: null })).toEqual([]);
  expect(faultsWith({ index: 0, delta: {}, finish_reason: 'eos' })).not.toEqual([]);
  expect(faultsWith({ delta: {}, finish_reason: null })).not.toEqual([]);
  expect(faultsWith({ index: 0, delta: { tool_calls: {} }, finish_reason: null })).not.toEqual([]);
  expect(faults({ error: { message: 'm' } }, 'ErrorResponse')).not.toEqual([]);
});
