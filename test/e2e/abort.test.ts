import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS, joined, type Piece } from '../support/node/answers.ts';
import { WIRES, type WireName } from '../support/node/fixtures.ts';
import { balance, receiptOf, untilBalance } from '../support/node/receipts.ts';
import { answer, endless, streamThenSilence } from '../support/node/scripts.ts';
import type { Received } from '../support/node/upstream.ts';
import { modelId, newCaller, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** 24 characters: 6 tokens at four characters each. */
const SAID = 'One, two, three, four. ';

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Count as far as you can.' }];

/** The client has left: how long its provider is kept talking, milliseconds. */
async function msUntilClosed(seen: Received | undefined): Promise<number> {
  if (!seen) throw new Error('The provider was never asked');
  const startedAt = performance.now();
  await Promise.race([
    seen.closed,
    sleep(30_000, null, { ref: false }).then(() => Promise.reject(new Error('The provider goes on talking'))),
  ]);
  return performance.now() - startedAt;
}

/** What the provider says before it goes on, or falls silent. */
function spoken(wire: WireName): Piece[] {
  const { head } = ANSWERS[wire].stream({ text: [SAID] });
  // The last event of these closes the block.
  return wire === 'anthropic' || wire === 'bedrock' ? head.slice(0, -1) : head;
}

/** Reads until everything was said, then leaves. */
async function leave(wire: WireName): Promise<Response> {
  const controller = new AbortController();
  const { data, response } = await world.client.chat.completions
    .create({ model: modelId(wire), messages, stream: true }, { signal: controller.signal })
    .withResponse();
  let text = '';
  for await (const chunk of data) {
    text += chunk.choices[0]?.delta.content ?? '';
    if (text.startsWith(SAID)) controller.abort();
  }
  return response;
}

/** What was said up to then was made, and is paid for: at least 6 tokens at 10 USD per million. */
async function expectMetered(response: Response): Promise<void> {
  const receipt = await receiptOf(world, response);
  expect(receipt).toMatchObject({
    status: 'client_closed_request',
    error: { code: 'client_closed_request' },
    usage: { estimated: true },
    credits_unknown: null,
  });
  expect(receipt.model_used).toBe(receipt.model);
  expect(receipt.usage?.inputTokens).toBeGreaterThanOrEqual(6);
  expect(receipt.usage?.outputTokens).toBeGreaterThanOrEqual(6);
  expect(receipt.credits_used).toBeGreaterThanOrEqual(6 * 2e-6 + 6 * 10e-6);
}

test.each(WIRES)(
  'a client that leaves a stream of the %s wire silences its provider at once',
  async (wire) => {
    const events = spoken(wire);
    world.upstream.script(wire, endless(joined(events), events.at(-1) ?? ''));
    const response = await leave(wire);
    expect(await msUntilClosed(world.upstream.received(wire)[0])).toBeLessThan(1_000);
    await expectMetered(response);
  },
);

// The runtime tells that a client has gone only when something is written to it: the second ping.
test('a client that leaves a silent stream closes its provider by the second ping', async () => {
  world.upstream.script('openai', streamThenSilence(joined(spoken('openai'))));
  const response = await leave('openai');
  expect(await msUntilClosed(world.upstream.received('openai')[0])).toBeLessThan(13_000);
  await expectMetered(response);
});

test('a client that leaves before the first token is noticed when the provider begins to speak', async () => {
  const caller = await newCaller(world);
  const { head } = ANSWERS.openai.stream({ text: [SAID] });
  let speak = (): void => {};
  const left = new Promise<void>((resolve) => {
    speak = resolve;
  });
  world.upstream.script('openai', async (response, request) => {
    await left;
    await endless(head.join(''), head.at(-1) ?? '')(response, request);
  });
  const controller = new AbortController();
  const asking = caller.client.chat.completions.create(
    { model: modelId('openai'), messages, stream: true },
    { signal: controller.signal },
  );
  while (world.upstream.received('openai').length === 0) await sleep(5);
  controller.abort();
  await expect(asking).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
  speak();
  expect(await msUntilClosed(world.upstream.received('openai')[0])).toBeLessThan(1_000);
  // It costs at least the prompt, 6 tokens, and the first word.
  await expect.poll(() => balance(world, caller)).toBeLessThan(100 - 6 * 2e-6);
});

test('a client that leaves before a whole answer pays for what the provider made', async () => {
  const caller = await newCaller(world);
  let reply = (): void => {};
  const left = new Promise<void>((resolve) => {
    reply = resolve;
  });
  world.upstream.script('anthropic', async (response, request) => {
    await left;
    await answer(ANSWERS.anthropic.whole({ text: [SAID], input: 100, output: 20 }))(response, request);
  });
  const controller = new AbortController();
  const asking = caller.client.chat.completions.create(
    { model: modelId('anthropic'), messages },
    { signal: controller.signal },
  );
  while (world.upstream.received('anthropic').length === 0) await sleep(5);
  controller.abort();
  await expect(asking).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
  reply();
  // 100 × 2 + 20 × 10 USD per million.
  expect(await untilBalance(world, caller, 99.9996)).toBe(99.9996);
});
