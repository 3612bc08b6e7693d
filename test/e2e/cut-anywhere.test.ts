import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Says, streamText } from '../support/node/answers.ts';
import { WIRES, type WireName } from '../support/node/fixtures.ts';
import { stream } from '../support/node/scripts.ts';
import { readStream, type Stream } from '../support/node/sse.ts';
import { modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const TEXT: Says = { text: ['Grüße ', 'aus ', 'Zürich 🏔'] };
const CALL: Says = { call: { id: 'call_1', name: 'pay', arguments: { to: 'Zoë', amount: 100 } } };

interface Call {
  index: number;
  function?: { name?: string; arguments?: string };
}

/** What a client would act on: the text, and the arguments of the calls. */
function heard({ text, chunks }: Stream): string {
  const calls = chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.tool_calls ?? []));
  return text + (calls as Call[]).map((call) => call.function?.arguments ?? '').join('');
}

/** What becomes of an answer whose connection ends behind so many bytes. */
async function cutAt(wire: WireName, all: Buffer, bytes: number): Promise<'refused' | 'error' | string> {
  world.upstream.script(wire, stream(all.subarray(0, bytes)));
  const messages = [{ role: 'user', content: 'Speak.' }];
  // Once: that it is asked again is not what matters here.
  const policy = { max_attempts: 1 };
  const response = await world.chat({ model: modelId(wire), stream: true, messages, policy });
  if (response.status !== 200) {
    expect(await response.json()).toHaveProperty('error.type', 'upstream_error');
    return 'refused';
  }
  const read = await readStream(response);
  return read.ending === 'error' ? 'error' : heard(read);
}

describe.each(WIRES)('an answer of the %s wire', (wire) => {
  test.each([
    ['text', TEXT, 'Grüße aus Zürich 🏔'],
    ['a tool call', CALL, '{"to":"Zoë","amount":100}'],
  ])('that is cut anywhere in %s never looks whole', async (_, says, whole) => {
    const all = Buffer.from(streamText(wire, says));
    expect(await cutAt(wire, all, all.length)).toBe(whole);
    const outcomes = new Set<string>();
    for (let bytes = 0; bytes < all.length; bytes += 7) outcomes.add(await cutAt(wire, all, bytes));
    // Whole is what was cut behind its last word; all else is an error, before or in the stream.
    expect([...outcomes].sort()).toEqual(['error', 'refused', whole].sort());
  });
});
