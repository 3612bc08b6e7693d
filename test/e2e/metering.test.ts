import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { recording, WIRES } from '../support/node/fixtures.ts';
import { receiptOf, untilBalance } from '../support/node/receipts.ts';
import { answer, either, stream } from '../support/node/scripts.ts';
import { readStream } from '../support/node/sse.ts';
import { addModel, type Caller, modelId, newCaller, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await addModel(world, 'unpriced', ['openai'], { price: null });
});
afterAll(() => world.stop());

const messages = [{ role: 'user', content: 'What does it cost?' }];

/** What the answer itself says it cost: in its header, or in its last chunk. */
async function toldCost(response: Response): Promise<number | null | undefined> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream'))
    return (await readStream(response)).last.credits_used;
  await response.text();
  return Number(response.headers.get('x-credits-used'));
}

/**
 * Costs in USD, reckoned by hand from the recorded usage at 2 USD per 1M tokens in, 10 out, 0.5 read from
 * a cache, 2.5 written to one, 4 for an hour; and what the provider itself says it cost.
 */
const RECORDED: [name: string, cost: number, upstreamCost: number | null, difference: number | null][] = [
  // 21 in, 500 written, 1000 for an hour, 188086 read, 12 out: 42 + 1250 + 4000 + 94043 + 120 millionths
  ['anthropic/hand-s-cache-usage', 0.099455, null, null],
  // 3 in, 1111 read, 406 out: 6 + 555.5 + 4060
  ['anthropic/anthropic-messages-j-anthropic-cache-real-api-0', 0.0046215, null, null],
  // 34 in, 469 out and 787 thought: 68 + 12560
  ['google/google-gen-s-google-model-thinking-part-iter-0', 0.012628, null, null],
  // 859 in of which 594 read, 28 out: 530 + 297 + 280
  ['google/google-gen-j-google-validated-accepts-what-auto-accepts-validated-1', 0.001107, null, null],
  // 2 in, 1322 read, 5 out: 4 + 661 + 50
  ['bedrock/bedrock-converse-j-cache-read-1', 0.000715, null, null],
  // 2 in, 1322 written, 5 out: 4 + 3305 + 50
  ['bedrock/bedrock-converse-j-cache-write-0', 0.003359, null, null],
  // 20 in, 1000 read, 300 for an hour, 95 out: 40 + 500 + 1200 + 950
  ['bedrock/hand-j-everything', 0.00269, null, null],
  // 13 in, 82 out: 26 + 820
  ['bedrock/bedrock-converse-s-model-stream-0', 0.000846, null, null],
  // 78 in, 9 out: 156 + 90
  ['openai/openai-chat-s-run-stream-sync-streams-real-model-1', 0.000246, null, null],
  // 339 in of which 320 read, 83 out: 38 + 160 + 830
  ['openai/deepseek-chat-s-deepseek-tool-call-0', 0.001028, null, null],
  // 12 in of which 11 read, 1 out and 290 thought: 2 + 5.5 + 2910; 1466250 ticks of 10^-10
  ['openai/xai-chat-s-xai-text-0', 0.0029175, 0.000146625, -0.002770875],
  // 2649 in of which 79 written and 2569 read, 100 out: 2 + 197.5 + 1284.5 + 1000
  ['openai/openrouter-chat-j-openrouter-cache-all-settings-real-api-1', 0.002484, 0.00256995, 0.00008595],
  // 2315 in, 40 out: 4630 + 400
  ['openai/openrouter-chat-j-openrouter-web-search-annotations-0', 0.00503, 0.007637029, 0.002607029],
];

test.each(RECORDED)('%s costs %d USD, everywhere the same', async (name, cost, upstreamCost, difference) => {
  const recorded = recording(name);
  const caller = await newCaller(world);
  world.upstream.script(recorded.wire, (recorded.stream ? stream : answer)(recorded.bytes));
  const response = await caller.chat({ model: modelId(recorded.wire), stream: recorded.stream, messages });
  expect(response.status).toBe(200);
  expect(await toldCost(response)).toBe(cost);

  const receipt = await receiptOf(caller, response);
  expect(receipt).toMatchObject({ status: 'completed', credits_used: cost, credits_unknown: null });
  expect(receipt.upstream_cost).toBe(upstreamCost);
  expect(receipt.upstream_cost_difference).toBe(difference);
  // The lines of the receipt are the whole of it: tokens × nano-USD per million.
  const lines = receipt.cost_lines.reduce((sum, { quantity, rate }) => sum + quantity * rate, 0);
  expect(lines / 1e15).toBeCloseTo(cost, 12);

  const left = Number((100 - cost).toFixed(9));
  expect(await untilBalance(world, caller, left)).toBe(left);
});

/** https://deepinfra.com/docs/advanced/usage: usage holds `estimated_cost`, in USD. */
test('what DeepInfra says it cost stands on the receipt beside our figure', async () => {
  const usage = { prompt_tokens: 11, completion_tokens: 20, total_tokens: 31, estimated_cost: 0.00000443 };
  world.upstream.script('openai', answer({ ...ANSWERS.openai.whole({ text: ['Hi'] }), usage }));
  const receipt = await receiptOf(world, await world.chat({ model: modelId('openai'), messages }));
  expect(receipt).toMatchObject({
    credits_used: 0.000222,
    upstream_cost: 0.00000443,
    upstream_cost_difference: -0.00021757,
  });
});

test.each([true, false])(
  'a price that is not known is said, and never charged as zero (stream: %s)',
  async (streamed) => {
    const says = { text: ['Hi'] };
    world.upstream.script(
      'openai',
      either(answer(ANSWERS.openai.whole(says)), stream(streamText('openai', says))),
    );
    const caller = await newCaller(world);
    const response = await caller.chat({ model: modelId('unpriced'), stream: streamed, messages });
    if (streamed) {
      const { last } = await readStream(response);
      expect(last).toMatchObject({ credits_used: null, credits_unknown: 'no_price' });
    } else {
      expect(response.headers.get('x-credits-used')).toBe('null');
    }
    const receipt = await receiptOf(caller, response);
    expect(receipt).toMatchObject({ credits_used: null, credits_unknown: 'no_price', cost_lines: [] });
    expect(receipt.usage).toMatchObject({ inputTokens: 100, outputTokens: 20 });
  },
);

test('a whole answer without usage has a cost that is not known, and takes nothing', async () => {
  const { usage: _, ...silent } = ANSWERS.openai.whole({ text: ['Hi'] }) as { usage?: object };
  world.upstream.script('openai', answer(silent));
  const caller = await newCaller(world);
  const response = await caller.chat({ model: modelId('openai'), messages });
  expect(response.headers.get('x-credits-used')).toBe('null');
  const receipt = await receiptOf(caller, response);
  expect(receipt).toMatchObject({ usage: null, credits_used: null, credits_unknown: 'no_usage' });
  expect(await untilBalance(world, caller, 100)).toBe(100);
});

test('the balance is exact after many answers at once', async () => {
  const says = { text: ['a', 'b', 'c'], input: 101, output: 21 };
  for (const wire of WIRES) {
    const { whole } = ANSWERS[wire];
    world.upstream.script(wire, either(answer(whole(says)), stream(streamText(wire, says), 50)));
  }
  const caller: Caller = await newCaller(world);
  const asks = Array.from({ length: 60 }, async (_, index) => {
    const wire = WIRES[index % WIRES.length] ?? 'openai';
    const response = await caller.chat({ model: modelId(wire), stream: index % 2 === 0, messages });
    return toldCost(response);
  });
  // 101 × 2 + 21 × 10 millionths.
  expect(new Set(await Promise.all(asks))).toEqual(new Set([0.000412]));
  expect(await untilBalance(world, caller, 99.97528)).toBe(99.97528);
});

test("another workspace's receipt does not exist", async () => {
  world.upstream.script('openai', answer(ANSWERS.openai.whole({ text: ['Hi'] })));
  const response = await world.chat({ model: modelId('openai'), messages });
  const stranger = await newCaller(world);
  const asked = await stranger.fetch(`/v1/generations/${response.headers.get('x-generation-id')}`);
  expect(asked.status).toBe(404);
  expect(await asked.json()).toMatchObject({ error: { code: 'generation_not_found' } });
});
