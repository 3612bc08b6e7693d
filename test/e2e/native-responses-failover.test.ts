import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { faults } from '../support/node/openai-schema.ts';
import { ownModel } from '../support/node/own-model.ts';
import { receiptById } from '../support/node/receipts.ts';
import { answer, either, stream, streamThenReset } from '../support/node/scripts.ts';
import type { World } from '../support/node/world.ts';
import { responseEvents } from '../support/response-events.ts';
import { message, post, recorded, sentTo, spoken, whole, worldOfResponses } from './native-responses-host.ts';

let world: World;
beforeAll(async () => {
  world = await worldOfResponses();
});
afterAll(() => world.stop());

const modelAt = (...lanes: string[]): Promise<string> => ownModel(world, lanes);
const REASONED = recorded('recorded/xai-resp-s-xai-text-with-reasoning-streaming-store-false-1-0');

describe('when an endpoint fails', () => {
  const says = { text: ['18 degrees ', 'in Zürich.'] };
  const native = either(
    answer(whole(message('18 degrees in Zürich.'))),
    stream(
      `${spoken('18 degrees ', 'in Zürich.')}event: response.completed\ndata: ${JSON.stringify({ type: 'response.completed', sequence_number: 6, response: whole(message('18 degrees in Zürich.')) })}\n\n`,
      7,
    ),
  );
  const translated = either(answer(ANSWERS.anthropic.whole(says)), stream(streamText('anthropic', says), 7));

  test.each([
    ['speaks', 'anthropic'],
    ['anthropic', 'speaks'],
  ])('before the first word the other answers: %s, %s', async (first, second) => {
    world.upstream.script(first, answer({ error: { type: 'server_error', message: 'No' } }, 503));
    world.upstream.script(second, second === 'speaks' ? native : translated);
    const model = await modelAt(first, second);
    const one = await world.client.responses.create({ model, input: 'Hi' });
    const other = await world.client.responses.stream({ model, input: 'Hi' }).finalResponse();
    for (const got of [one, other]) expect(got.output_text).toBe('18 degrees in Zürich.');
    expect(other).toMatchObject({ provider_used: expect.stringContaining(second) });
  });

  test('in the middle of a text another goes on with it within the same part', async () => {
    world.upstream.script('speaks', streamThenReset(spoken('18 degrees ')));
    world.upstream.script('anthropic', stream(streamText('anthropic', { text: ['in Zürich.'] })));
    const model = await modelAt('speaks', 'anthropic');
    const response = await post(world, JSON.stringify({ model, input: 'Hi', stream: true, store: false }));
    const events = responseEvents(await response.text());
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, at) => at));
    expect(events.filter(({ type }) => type === 'response.output_item.added')).toHaveLength(1);
    const last = events.at(-1);
    expect(last).toMatchObject({
      type: 'response.completed',
      response: {
        id: (response.headers.get('x-generation-id') ?? '').replace('gen_', 'resp_'),
        output: [{ id: 'msg_up1', content: [{ text: '18 degrees in Zürich.' }] }],
      },
    });
    expect(events.flatMap((event) => faults(event, 'ResponseStreamEvent'))).toEqual([]);
    const id = response.headers.get('x-generation-id') ?? '';
    expect(await receiptById(world, id)).toMatchObject({ routing_reason: 'continued' });
  });

  test('and the other way round', async () => {
    const { head } = ANSWERS.anthropic.stream({ text: ['18 degrees '] });
    world.upstream.script('anthropic', streamThenReset(head.join('')));
    world.upstream.script('speaks', stream(streamText('openai', { text: ['in Zürich.'] })));
    const model = await modelAt('anthropic', 'speaks');
    const final = await world.client.responses.stream({ model, input: 'Hi' }).finalResponse();
    expect(final.output_text).toBe('18 degrees in Zürich.');
    expect(sentTo(world, 'speaks')?.path).toBe('/chat/completions');
  });

  test('in the middle of its reasoning the stream ends with an error', async () => {
    const cut = REASONED.slice(0, REASONED.indexOf('event: response.reasoning_summary_text.done'));
    world.upstream.script('speaks', streamThenReset(cut));
    world.upstream.script('anthropic', translated);
    const model = await modelAt('speaks', 'anthropic');
    const response = await post(world, JSON.stringify({ model, input: 'Hi', stream: true }));
    const events = responseEvents(await response.text());
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['error', 'response.failed']);
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, at) => at));
    expect(world.upstream.received('anthropic')).toEqual([]);
  });
});
