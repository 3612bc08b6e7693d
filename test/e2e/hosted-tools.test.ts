import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { receiptById } from '../support/node/receipts.ts';
import { answer, stream, streamThenReset } from '../support/node/scripts.ts';
import { addModel, modelId, PRICE, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  const tools = { web_search: 10, web_fetch: 0 };
  await addModel(world, 'finder', ['anthropic'], { price: { ...PRICE, tools } });
  await addModel(world, 'no-finder', ['anthropic'], { price: { ...PRICE, tools: {} } });
});
afterAll(() => world.stop());

const recorded = (file: string): string => readFileSync(`test/fixtures/anthropic/${file}`, 'utf8');
const SEARCH = { type: 'web_search_20250305', name: 'web_search', max_uses: 2 };
const ask = (body: object): Promise<Response> =>
  world.fetch('/v1/messages', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: modelId('finder'),
      max_tokens: 500,
      messages: [{ role: 'user', content: 'Hi' }],
      ...body,
    }),
  });

/** The events of a recorded stream before its last words. */
const begun = (text: string): string => text.slice(0, text.indexOf('event: message_delta'));
const idOf = (response: Response): string => response.headers.get('x-generation-id') ?? '';

interface Line {
  unit: string;
  quantity: number;
  rate: number;
  amount: number;
}

describe('searches at the provider', () => {
  test.each([false, true])('are charged, and the receipt says so (stream: %s)', async (streamed) => {
    const text = recorded('hand-s-web-search/stream.txt');
    const whole = JSON.stringify({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'Found.' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 100, output_tokens: 10, server_tool_use: { web_search_requests: 2 } },
    });
    world.upstream.script('anthropic', streamed ? stream(text, 50) : answer(whole));
    const response = await ask({ tools: [SEARCH], stream: streamed });
    expect(response.status, await response.clone().text()).toBe(200);
    await response.text();
    const receipt = await receiptById(world, idOf(response));
    const lines = receipt.cost_lines as Line[];
    const searches = streamed ? 1 : 2;
    expect(lines.filter(({ unit }) => unit.startsWith('tool:'))).toEqual([
      { unit: 'tool:web_search', quantity: searches, rate: 10_000_000_000, amount: searches * 10_000_000 },
    ]);
    const total = lines.reduce((sum, { amount }) => sum + amount, 0);
    expect(Math.round((receipt.credits_used as number) * 1e9)).toBe(total);
    expect(receipt.provider_cost).toBe(receipt.credits_used);
  });

  test('of a stream that broke are charged for as far as they were told', async () => {
    const text = begun(recorded('hand-s-web-search/stream.txt'));
    world.upstream.script('anthropic', streamThenReset(text));
    const response = await ask({ tools: [SEARCH], stream: true, midstream: 'error' });
    await response.text();
    const receipt = await receiptById(world, idOf(response));
    expect(receipt).toMatchObject({ usage: { estimated: true, toolCalls: { web_search: 1 } } });
  });

  test('are refused where they have no price, before anybody is asked', async () => {
    const before = world.upstream.received('anthropic').length;
    const response = await ask({ model: modelId('no-finder'), tools: [SEARCH] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { code: 'unsupported_parameter', param: 'tools[0]' },
    });
    expect(world.upstream.received('anthropic')).toHaveLength(before);
  });

  test('files of the shared account are refused too', async () => {
    const file = { type: 'document', source: { type: 'file', file_id: 'file_011CNha8iCJcU1wXNR6q4V8w' } };
    const response = await ask({ messages: [{ role: 'user', content: [file] }] });
    expect(await response.json()).toMatchObject({
      error: { code: 'unsupported_parameter', param: 'messages[0].content[0].source.file_id' },
    });
  });
});
