import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Part, type Stage, startStage } from '../../support/node/faulty/stage.ts';
import { taleOf, tellMe } from '../../support/node/faulty/tale.ts';
import { WIRES } from '../../support/node/fixtures.ts';
import { faults } from '../../support/node/openai-schema.ts';
import { receiptOf, untilBalance } from '../../support/node/receipts.ts';
import { readStream } from '../../support/node/sse.ts';
import type { Caller } from '../../support/node/world.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(async () => {
  expect(stage.simulator.complaints).toEqual([]);
  await stage.stop();
});

let tales = 0;

/** Asks a new model for a tale, as a stream. */
async function ask(parts: readonly (string | Part)[], more: object = {}, caller: Caller = stage) {
  const cast = await stage.cast(parts);
  const tag = `story${++tales}`;
  const messages = [{ role: 'user', content: tellMe(tag) }];
  const response = await caller.chat({ model: cast.model, messages, stream: true, ...more });
  return { cast, tag, told: taleOf(tag), response };
}

/** Nano-USD of tokens at a price in USD per 1M of them. */
const nano = (tokens: number, price: number): number => Math.round(tokens * price * 1000);

const pairs = WIRES.flatMap((from) => WIRES.map((to) => [from, to] as const));

describe.concurrent.each(pairs)('a stream of the %s wire, continued by one of the %s wire', (from, to) => {
  const [dear, cheap] = [
    { input: 3, output: 15 },
    { input: 0.5, output: 2 },
  ];

  test.for([false, true])('is one stream, with usage asked for: %s', async (includeUsage, { expect }) => {
    const more = includeUsage ? { stream_options: { include_usage: true } } : {};
    const { cast, told, response } = await ask(
      [
        { fault: 'cut-4', wire: from },
        { fault: 'ok', wire: to },
      ],
      more,
    );
    const { chunks, text, finish, last } = await readStream(response);
    expect(text).toBe(told);
    expect(finish).toEqual(['stop']);
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set([response.headers.get('x-generation-id')]));
    expect(new Set(chunks.map(({ created }) => created)).size).toBe(1);
    expect(chunks.flatMap(({ choices }) => choices).filter(({ delta }) => 'role' in delta)).toHaveLength(1);
    expect(chunks.filter(({ usage }) => usage != null)).toEqual([last]);
    expect(last).toMatchObject({
      model_used: cast.model,
      provider_used: cast.providers[1],
      fallback_from: [cast.endpoints[0]],
    });
    if (includeUsage) expect(last.choices).toEqual([]);
    const wrong = chunks.flatMap((chunk) => faults(chunk, 'CreateChatCompletionStreamResponse'));
    expect(wrong).toEqual([]);
  });

  test('costs what each gave, at its own price, and the prompt once', async ({ expect }) => {
    const caller = await stage.newCaller();
    const parts = [
      { fault: 'cut-4', wire: from, price: dear },
      { fault: 'repeats', wire: to, price: cheap },
    ];
    const { cast, told, response } = await ask(parts, {}, caller);
    const { text, last } = await readStream(response);
    expect(text).toBe(told);
    const receipt = await receiptOf(caller, response);
    const [first, second] = receipt.parts;
    expect(receipt.parts.map(({ endpoint }) => endpoint)).toEqual(cast.endpoints);
    // Four of twelve pieces, about 19 characters each; of those after it, 30 characters were said twice.
    expect(first?.usage.outputTokens).toBeGreaterThanOrEqual(15);
    expect(first?.usage.outputTokens).toBeLessThanOrEqual(40);
    expect(second?.usage).toMatchObject({ inputTokens: 0, outputTokens: 90 - Math.ceil(30 / 4) });
    const [a, b] = [first?.usage, second?.usage];
    if (!a || !b) throw new Error('No parts');
    const paid = nano(a.inputTokens, 3) + nano(a.outputTokens, 15) + nano(b.outputTokens, 2);
    expect(Math.round((receipt.credits_used ?? 0) * 1e9)).toBe(paid);
    expect(last.credits_used).toBe(receipt.credits_used);
    // The prompt of the continuation, 100 tokens, and 8 of overlap: what it cost beyond what was charged.
    expect(receipt.attempts.map(({ provider_cost }) => provider_cost)).toEqual([null, 0.000066]);
    expect(last.usage).toMatchObject({
      prompt_tokens: a.inputTokens,
      completion_tokens: a.outputTokens + b.outputTokens,
      total_tokens: a.inputTokens + a.outputTokens + b.outputTokens,
    });
    expect(receipt.usage?.estimated).toBe(true);
    expect(Math.round((await untilBalance(stage, caller, (100e9 - paid) / 1e9)) * 1e9)).toBe(100e9 - paid);
    const { lines } = await stage.api<{
      lines: { model: string; provider: string; unit: string; amount_usd: number }[];
    }>('GET', `/api/workspaces/${caller.workspace}/usage`);
    const billed = lines.map(({ model, provider, unit }) => `${model} ${provider} ${unit}`);
    const [from0, to1] = cast.providers.map((provider) => `${cast.model} ${provider}`);
    expect(billed.sort()).toEqual([`${from0} input`, `${from0} output`, `${to1} output`].sort());
    expect(Math.round(lines.reduce((sum, line) => sum + line.amount_usd, 0) * 1e9)).toBe(paid);
  });
});

describe.concurrent('the OpenAI SDK', () => {
  test.for(['cut-4', 'stall-4', 'error-2'])(
    'reads a stream that was continued: %s',
    async (fault, { expect }) => {
      const cast = await stage.cast([fault, { fault: 'ok', wire: 'anthropic' }]);
      const tag = `sdk-${fault}`;
      const helper = stage.client.chat.completions.stream({
        model: cast.model,
        messages: [{ role: 'user', content: tellMe(tag) }],
        stream_options: { include_usage: true },
        policy: { idle_ms: 1_500 },
      } as Parameters<typeof stage.client.chat.completions.stream>[0]);
      let text = '';
      helper.on('content', (delta) => {
        text += delta;
      });
      const whole = await helper.finalChatCompletion();
      expect(text).toBe(taleOf(tag));
      expect(whole.choices).toMatchObject([{ finish_reason: 'stop', message: { content: taleOf(tag) } }]);
      expect(whole.usage?.total_tokens).toBeGreaterThan(100);
    },
  );
});

describe.concurrent('prefill', () => {
  async function probed(parts: readonly string[]) {
    const cast = await stage.cast(parts);
    const [, second] = cast.endpoints;
    const probe = { endpoint: second, abilities: ['assistant_prefill'], max_usd: 1 };
    const { data } = await stage.api<{ data: { result: string }[] }>('POST', '/api/probes', probe);
    const before = cast.seen(1).length;
    const tag = `prefill${++tales}`;
    const messages = [{ role: 'user', content: tellMe(tag) }];
    const read = await readStream(await stage.chat({ model: cast.model, messages, stream: true }));
    return { result: data[0]?.result, text: read.text, told: taleOf(tag), asked: cast.seen(1).slice(before) };
  }

  test('goes where probes have seen it honoured', async ({ expect }) => {
    const { result, text, told, asked } = await probed(['cut-4', 'ok']);
    expect(result).toBe('honoured');
    expect(text).toBe(told);
    expect(asked.map(({ how }) => how)).toEqual(['prefill']);
    // No host takes white space at the end of one.
    expect(asked[0]?.given).toMatch(/\S$/);
  });

  test('is not tried where it was seen refused', async ({ expect }) => {
    const { result, text, told, asked } = await probed(['cut-4', 'noprefill']);
    expect(result).toBe('refused');
    expect(text).toBe(told);
    expect(asked.map(({ how }) => how)).toEqual(['instruct']);
  });

  test('is not tried where nothing is known', async ({ expect }) => {
    const { cast, told, response } = await ask(['cut-4', 'noprefill']);
    expect((await readStream(response)).text).toBe(told);
    expect(cast.seen(1).map(({ how }) => how)).toEqual(['instruct']);
  });

  test('that is refused although it was honoured once is put into words instead', async ({ expect }) => {
    const { result, text, told, asked } = await probed(['cut-4', 'forgets-2']);
    expect(result).toBe('honoured');
    expect(text).toBe(told);
    expect(asked.map(({ how }) => how)).toEqual(['prefill', 'instruct']);
  });
});
