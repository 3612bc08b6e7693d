import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, type Says, streamText } from '../support/node/answers.ts';
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
async function cutAt(wire: WireName, bytes: number): Promise<'refused' | 'error' | string> {
  const messages = [{ role: 'user', content: `Speak: ${bytes}.` }];
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

/** Where a stream is cut: of text every few bytes, of binary events around the parts of each. */
function cuts(wire: WireName, says: Says): number[] {
  const { head, finish, tail } = ANSWERS[wire].stream(says);
  const events = [...head, ...finish, ...tail].map((one) => Buffer.byteLength(one));
  const length = events.reduce((sum, bytes) => sum + bytes, 0);
  if (wire !== 'bedrock') {
    return [length - 1, ...Array.from({ length: Math.ceil(length / 11) }, (_, index) => index * 11)];
  }
  let at = 0;
  return events.flatMap((bytes) => {
    const from = at;
    at += bytes;
    return [from, from + 5, from + 12, from + 60, at - 4, at - 1];
  });
}

describe.each(WIRES)('an answer of the %s wire', (wire) => {
  test.each([
    ['text', TEXT, 'Grüße aus Zürich 🏔'],
    ['a tool call', CALL, '{"to":"Zoë","amount":100}'],
  ])('that is cut anywhere in %s never looks whole', async (_, says, whole) => {
    const all = Buffer.from(streamText(wire, says));
    world.upstream.script(wire, (response, request) => {
      const [, bytes] = /Speak: (\d+)/.exec(request.body) ?? [];
      return stream(all.subarray(0, Number(bytes)))(response, request);
    });
    expect(await cutAt(wire, all.length)).toBe(whole);
    const waiting = cuts(wire, says);
    const outcomes = new Set<string>();
    const cutSome = async (): Promise<void> => {
      for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) outcomes.add(await cutAt(wire, at));
    };
    await Promise.all(Array.from({ length: 8 }, cutSome));
    // Whole is what was cut behind its last word; all else is an error, before or in the stream.
    expect([...outcomes].sort()).toEqual(['error', 'refused', whole].sort());
  });
});
