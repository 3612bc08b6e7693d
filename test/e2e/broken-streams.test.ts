import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, ERROR_EVENTS, joined, type Piece } from '../support/node/answers.ts';
import { eventMessage } from '../support/node/event-stream.ts';
import { WIRES, type WireName } from '../support/node/fixtures.ts';
import { receiptById } from '../support/node/receipts.ts';
import { stream, streamInTwo, streamThenReset, streamThenSilence } from '../support/node/scripts.ts';
import { readStream } from '../support/node/sse.ts';
import type { Script } from '../support/node/upstream.ts';
import { modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld('hasty');
});
afterAll(() => world.stop());

const TEXT = ['Half a ', 'sentence'];

interface Case {
  what: string;
  script: (head: Piece, wire: WireName) => Script;
  code: string;
  /** Where the code says less than there is to say. */
  message?: string;
}

/** Bytes of an event that came whole, one of them wrong: its checksum is too. */
const DAMAGED = eventMessage('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Half' } });
DAMAGED[DAMAGED.length - 10] = 0;

/** What is left of a binary event of which the rest is missing. */
const HALF = DAMAGED.subarray(0, 60);

const BROKE_OFF = 'The connection to the provider broke off in the middle of the answer.';

/** What providers do after their first words. */
const CASES: Case[] = [
  { what: 'ends without a finish reason', script: (head) => stream(head), code: 'upstream_incomplete' },
  {
    what: 'sends an error in a 200',
    script: (head, wire) => streamInTwo(head, ERROR_EVENTS[wire]),
    code: 'upstream_overloaded',
  },
  {
    what: 'resets the connection',
    script: streamThenReset,
    code: 'upstream_unreachable',
    message: BROKE_OFF,
  },
  {
    what: 'sends a page',
    script: (head) => streamInTwo(head, 'data: <html>Bad gateway</html>\n\n'),
    code: 'upstream_invalid_response',
  },
  { what: 'falls silent', script: streamThenSilence, code: 'upstream_timeout' },
];

const TEXT_CASES: Case[] = [
  {
    what: 'ends in the middle of an event',
    script: (head) => streamInTwo(head, 'data: {"id":"x","choi'),
    code: 'upstream_invalid_response',
  },
  {
    what: 'ends in the middle of an event, between its lines',
    script: (head) => streamInTwo(head, 'event: message_delta\n'),
    code: 'upstream_incomplete',
  },
  {
    what: 'sends what is not JSON twice, and then more',
    script: (head) => streamInTwo(head, `data: <html>\n\ndata: </html>\n\n${head}`),
    code: 'upstream_invalid_response',
  },
  {
    what: 'keeps the line alive but says nothing more',
    script: (head) => streamInTwo(head, ': ping\n\n: ping\n\n'),
    code: 'upstream_incomplete',
  },
];

const BINARY_CASES: Case[] = [
  {
    what: 'ends in the middle of an event',
    script: (head) => streamInTwo(head, HALF),
    code: 'upstream_incomplete',
  },
  {
    what: 'sends bytes that were damaged, and then more',
    script: (head) => streamInTwo(head, joined([DAMAGED, head])),
    code: 'upstream_invalid_response',
  },
];

describe.each(WIRES)('a provider of the %s wire which, in the middle of a stream,', (wire) => {
  const ask = () =>
    world.chat({ model: modelId(wire), stream: true, messages: [{ role: 'user', content: 'Speak.' }] });

  const cases = [...CASES, ...(wire === 'bedrock' ? BINARY_CASES : TEXT_CASES)];

  test.each(cases)('$what: the client is told, and does not pay', async ({ script, code, message }) => {
    const { head } = ANSWERS[wire].stream({ text: TEXT });
    world.upstream.script(wire, script(joined(head), wire));
    const response = await ask();
    const { text, ending, finish, last } = await readStream(response);
    expect(text).toBe('Half a sentence');
    expect(ending).toBe('error');
    expect(finish).toEqual(['error']);
    expect(last.error).toMatchObject({
      code,
      ...(message === undefined ? {} : { message }),
      type: 'upstream_error',
      request_id: response.headers.get('x-request-id'),
    });
    const receipt = await receiptById(world, response.headers.get('x-generation-id') ?? '');
    expect(receipt).toMatchObject({ status: 'failed', error: { code }, credits_used: 0 });
    if (message !== undefined) expect(receipt.error?.message).toBe(message);
    expect(receipt.attempts).toMatchObject([{ status: 200, error: code }]);
  });

  test('is cut in an open tool call: the call does not look complete', async () => {
    const call = { id: 'call_1', name: 'send', arguments: { to: 'everyone' } };
    const { head } = ANSWERS[wire].stream({ call });
    world.upstream.script(wire, stream(joined(head)));
    const { ending, finish } = await readStream(await ask());
    expect(ending).toBe('error');
    expect(finish).toEqual(['error']);
  });
});

test('[DONE] without a finish reason is no end', async () => {
  const { head, tail } = ANSWERS.openai.stream({ text: TEXT });
  world.upstream.script('openai', stream([...head, ...tail].join('')));
  const body = { model: modelId('openai'), stream: true, messages: [{ role: 'user', content: 'Speak.' }] };
  const { last } = await readStream(await world.chat(body));
  expect(last.error?.code).toBe('upstream_incomplete');
});

test('a second answer that never gets its finish reason is no whole answer', async () => {
  const chunk = (index: number, delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index, delta, finish_reason: finish }] })}\n\n`;
  world.upstream.script(
    'openai',
    stream(chunk(0, { content: 'One' }, null) + chunk(1, { content: 'Two' }, null) + chunk(0, {}, 'stop')),
  );
  const body = {
    model: modelId('openai'),
    stream: true,
    n: 2,
    messages: [{ role: 'user', content: 'Speak.' }],
  };
  const { last } = await readStream(await world.chat(body));
  expect(last.error?.code).toBe('upstream_incomplete');
});

test('a provider that is slow but speaks within the limit is not cut', async () => {
  const { head, finish, tail } = ANSWERS.anthropic.stream({ text: ['a', 'b', 'c'] });
  world.upstream.script('anthropic', async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of [...head, ...finish, ...tail]) {
      response.write(event);
      await sleep(300);
    }
    response.end();
  });
  const body = { model: modelId('anthropic'), stream: true, messages: [{ role: 'user', content: 'Speak.' }] };
  const { text, ending } = await readStream(await world.chat(body));
  expect({ text, ending }).toEqual({ text: 'abc', ending: 'credits' });
});
