import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { streamText } from '../support/node/answers.ts';
import { recordings, WIRES } from '../support/node/fixtures.ts';
import { stream } from '../support/node/scripts.ts';
import { modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** What every tutorial shows: no question is asked before `choices[0].delta`. */
interface NaiveChunk {
  choices: { delta: { content?: string } }[];
}

/** A client of a few lines, as people write them. Answers the text. */
async function read(response: Response): Promise<string> {
  let text = '';
  for (const line of (await response.text()).split('\n')) {
    if (!line.startsWith('data: ') || line === 'data: [DONE]') continue;
    const chunk = JSON.parse(line.slice(6)) as NaiveChunk;
    text += (chunk.choices[0] as NaiveChunk['choices'][0]).delta.content ?? '';
  }
  return text;
}

describe.each(WIRES)('a naive client of the %s wire', (wire) => {
  test('reads every chunk of a stream that it has not asked usage of', async () => {
    world.upstream.script(wire, stream(streamText(wire, { text: ['Hello ', 'there'] })));
    const body = { model: modelId(wire), stream: true, messages: [{ role: 'user', content: 'Hi' }] };
    expect(await read(await world.chat(body))).toBe('Hello there');
  });

  test('survives every recorded stream, whole or broken', async () => {
    const streams = recordings(wire).filter((recording) => recording.stream && recording.status === 200);
    expect(streams.length).toBeGreaterThan(5);
    for (const { bytes, name } of streams) {
      world.upstream.script(wire, stream(bytes, 4096));
      const body = { model: modelId(wire), stream: true, messages: [{ role: 'user', content: name }] };
      const response = await world.chat(body);
      if (response.status === 200) await expect(read(response), name).resolves.toBeTypeOf('string');
      else expect(await response.json(), name).toHaveProperty('error.code');
    }
  });

  test('who asks for usage gets it in a last chunk without choices', async () => {
    world.upstream.script(wire, stream(streamText(wire, { text: ['Hello'], input: 5, output: 2 })));
    const response = await world.chat({
      model: modelId(wire),
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: 'Hi' }],
    });
    const events = (await response.text()).trimEnd().split('\n\n');
    expect(events.at(-1)).toBe('data: [DONE]');
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event.slice(6)) as Record<string, unknown>);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
    });
    for (const chunk of chunks.slice(0, -1)) {
      expect(chunk.choices).not.toEqual([]);
      expect(chunk.usage ?? null).toBeNull();
    }
  });
});
