import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, joined, type Says, streamText, TEXT_WIRES } from '../support/node/answers.ts';
import { eventMessage } from '../support/node/event-stream.ts';
import { WIRES, type WireName } from '../support/node/fixtures.ts';
import { receiptById } from '../support/node/receipts.ts';
import { stream, streamThenReset, streamThenSilence } from '../support/node/scripts.ts';
import { readStream, type Stream } from '../support/node/sse.ts';
import type { Script } from '../support/node/upstream.ts';
import { modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld('hasty');
});
afterAll(() => world.stop());

const SAYS: Says = { text: ['Grüße 🏔', '\u2028 aus\r\n', '"Zürich"'], input: 100, output: 20 };
const WHOLE = 'Grüße 🏔\u2028 aus\r\n"Zürich"';

async function ask(wire: WireName, script: Script): Promise<Stream> {
  world.upstream.script(wire, script);
  const response = await world.chat({
    model: modelId(wire),
    stream: true,
    messages: [{ role: 'user', content: 'Speak.' }],
  });
  return readStream(response);
}

/** A whole answer for 100 × 2 + 20 × 10 USD per million. */
function expectWhole({ text, ending, finish, last }: Stream): void {
  expect(text).toBe(WHOLE);
  expect(finish).toEqual(['stop']);
  expect(ending).toBe('credits');
  expect(last.credits_used).toBe(0.0004);
  expect(last.usage).toMatchObject({ prompt_tokens: 100, completion_tokens: 20 });
}

/** What is left of an event when a proxy has garbled it, behind the first words. */
function garbled(events: readonly string[]): string {
  const [first = '', ...others] = events;
  return [first, ...others.map((event) => `data: {"id":"x","choi\n\n${event}`)].join('');
}

/** Each data line over several lines, cut behind commas between members. */
function overLines(sse: string): string {
  return sse.replaceAll(/^data: (\{.*\})$/gm, (_, json: string) =>
    JSON.stringify(JSON.parse(json), null, 1)
      .split('\n')
      .map((line) => `data: ${line}`)
      .join('\n'),
  );
}

describe.each(WIRES)('a stream of the %s wire is whole', (wire) => {
  const { head, finish, tail } = ANSWERS[wire].stream(SAYS);
  const finished = joined([...head, ...finish]);

  test.each([1, 2, 3, 7, 31])('cut every %i bytes, also inside of characters', async (size) => {
    expectWhole(await ask(wire, stream(streamText(wire, SAYS), size)));
  });

  test('without the last word after the finish reason', async () => {
    expectWhole(await ask(wire, stream(finished)));
    expectWhole(await ask(wire, stream(finished, 5)));
  });

  test('when the connection breaks behind the finish reason', async () => {
    expectWhole(await ask(wire, streamThenReset(finished)));
  });

  test('when the provider forgets to close', async () => {
    expectWhole(await ask(wire, streamThenSilence(joined([...head, ...finish, ...tail]))));
    expectWhole(await ask(wire, streamThenSilence(finished)));
  });
});

describe.each(TEXT_WIRES)('a stream of the %s wire is whole', (wire) => {
  const sse = streamText(wire, SAYS);
  const { head, finish, tail } = ANSWERS[wire].stream(SAYS);

  test.each([
    ['with CRLF', sse.replaceAll('\n', '\r\n')],
    ['with CR', sse.replaceAll('\n', '\r')],
    ['behind a byte order mark', `\uFEFF${sse}`],
    [
      'with comments and fields of no meaning',
      `: hi\n\nretry: 10\n\n${sse.replaceAll('data:', ': ping\nid: 7\nx\ndata:')}`,
    ],
    ['with events over several lines', overLines(sse)],
    ['without a space behind the colon', sse.replaceAll('data: ', 'data:').replaceAll('event: ', 'event:')],
    ['with empty lines between events', sse.replaceAll('\n\n', '\n\n\n\n')],
    ['without its last empty line', sse.trimEnd()],
    ['with events that cannot be read, each before one that can', garbled([...head, ...finish, ...tail])],
  ])('%s', async (_, text) => {
    expectWhole(await ask(wire, stream(text)));
    expectWhole(await ask(wire, stream(text, 5)));
  });
});

describe('a stream of the bedrock wire is whole', () => {
  const { head, finish } = ANSWERS.bedrock.stream(SAYS);
  const [begin = '', ...words] = head;
  const [stop = '', metadata = ''] = finish;
  const between = (odd: Buffer) => joined([...head, ...finish].flatMap((one) => [odd, one]));

  test.each([
    ['with events of a kind that nobody knows', between(eventMessage('somethingNew', { a: [1] }))],
    ['with events of no content', between(eventMessage('initial-response', {}))],
    ['with its usage before its stop', joined([...head, metadata, stop])],
    ['without its first event', joined([...words, ...finish])],
    [
      'with blocks that say that they begin',
      joined([
        begin,
        eventMessage('contentBlockStart', { contentBlockIndex: 0, start: {} }),
        ...words,
        ...finish,
      ]),
    ],
  ])('%s', async (_, bytes) => {
    expectWhole(await ask('bedrock', stream(bytes)));
    expectWhole(await ask('bedrock', stream(bytes, 5)));
  });

  test('without its usage, whose cost is then not known', async () => {
    const { text, ending, finish: reasons, last } = await ask('bedrock', stream(joined([...head, stop])));
    expect({ text, ending, reasons }).toEqual({ text: WHOLE, ending: 'credits', reasons: ['stop'] });
    expect(last).toMatchObject({ credits_used: null, credits_unknown: 'no_usage' });
  });
});

describe('usage of OpenAI-compatible hosts', () => {
  const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
  const chunk = (delta: object, finish: string | null, more: object = {}): string =>
    `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;
  const only = (counts: object): string =>
    `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage: counts })}\n\n`;
  const done = 'data: [DONE]\n\n';
  const words = chunk({ role: 'assistant', content: WHOLE }, null);

  test.each([
    ['in the chunk with the finish reason', words + chunk({}, 'stop', { usage }) + done],
    [
      'in every chunk, counting up',
      chunk({ content: WHOLE }, null, { usage: { ...usage, completion_tokens: 1 } }) +
        chunk({}, 'stop', { usage }) +
        done,
    ],
    ['twice', words + chunk({}, 'stop', { usage }) + only(usage) + done],
    ['before the finish reason', words + only(usage) + chunk({}, 'stop') + done],
  ])('%s stands once, in the last chunk', async (_, text) => {
    const answered = await ask('openai', stream(text));
    expectWhole(answered);
    for (const sent of answered.chunks.slice(0, -1)) expect(sent.usage ?? null).toBeNull();
  });

  test.each([
    ['is never sent', words + chunk({}, 'stop') + done],
    ['is null', words + chunk({}, 'stop', { usage: null }) + done],
    ['is empty', words + chunk({}, 'stop') + only({}) + done],
  ])('that %s leaves the cost unknown, and says so', async (_, text) => {
    const { last, ending, chunks } = await ask('openai', stream(text));
    expect(ending).toBe('credits');
    expect(last).toMatchObject({ credits_used: null, credits_unknown: 'no_usage' });
    const receipt = await receiptById(world, chunks[0]?.id ?? '');
    expect(receipt).toMatchObject({ status: 'completed', credits_used: null, credits_unknown: 'no_usage' });
  });
});
