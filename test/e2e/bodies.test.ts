import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS } from '../support/node/answers.ts';
import { WIRES } from '../support/node/fixtures.ts';
import { answer } from '../support/node/scripts.ts';
import { modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  for (const wire of WIRES) world.upstream.script(wire, answer(ANSWERS[wire].whole({ text: ['Read.'] })));
});
afterAll(() => world.stop());

const MB = 1024 * 1024;

/** A request with an image of so many bytes of base64. */
function bodyOf(wire: string, bytes: number): string {
  const url = `data:image/png;base64,${'iVBORw0K'.repeat(bytes / 8)}`;
  return JSON.stringify({
    model: modelId(wire),
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url } },
        ],
      },
    ],
  });
}

/** Sends a body without saying how long it is. */
function chunked(text: string): RequestInit & { duplex: 'half' } {
  return { body: new Blob([text]).stream(), duplex: 'half' };
}

describe.each(WIRES)('20 MB through the %s wire', (wire) => {
  test.each(['with its length', 'in pieces'])('%s arrive whole', async (how) => {
    const body = bodyOf(wire, 20 * MB);
    const response = await world.chat({}, how === 'in pieces' ? chunked(body) : { body });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Read.' } }] });
    const seen = world.upstream.received(wire).at(-1)?.body ?? '';
    expect(seen.length).toBeGreaterThan(20 * MB);
    expect(seen).toContain('What is this?');
    expect(seen.split('iVBORw0K').length - 1).toBe((20 * MB) / 8);
  });
});

test.each(['with its length', 'in pieces'])('33 MB %s are refused', async (how) => {
  const body = bodyOf('openai', 33 * MB);
  world.upstream.script('openai', answer(ANSWERS.openai.whole({ text: ['Read.'] })));
  const response = await world.chat({}, how === 'in pieces' ? chunked(body) : { body });
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ error: { code: 'request_too_large' } });
  expect(world.upstream.received('openai')).toEqual([]);
});

describe('bodies that are none', () => {
  const VALID = JSON.stringify({ model: modelId('openai'), messages: [{ role: 'user', content: 'x' }] });

  test.each([
    ['an empty one', '', 'invalid_json'],
    ['white space', ' \n', 'invalid_json'],
    ['half of one', VALID.slice(0, -2), 'invalid_json'],
    ['one and a word', `${VALID} x`, 'invalid_json'],
    ['one with a comma too many', VALID.replace(']', ',]'), 'invalid_json'],
    ['an array', `[${VALID}]`, 'invalid_type'],
    ['a text', '"model"', 'invalid_type'],
    ['null', 'null', 'invalid_type'],
    ['one with a model that is a number', VALID.replace(`"${modelId('openai')}"`, '7'), 'invalid_type'],
    ['one without a model', '{"messages":[{"role":"user","content":"x"}]}', 'missing_parameter'],
    ['one whose messages are a text', VALID.replace(/\[.*\]/, '"x"'), 'invalid_type'],
  ])('%s', async (_, body, code) => {
    const response = await world.chat({}, { body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code, type: 'invalid_request_error' } });
  });

  test.each(['text/plain', 'multipart/form-data; boundary=x', 'application/xml'])('%s', async (type) => {
    const response = await world.chat({}, { body: VALID, headers: { 'content-type': type } });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ error: { code: 'unsupported_content_type' } });
  });

  test('but a content type with parameters is fine', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    expect((await world.chat({}, { body: VALID, headers })).status).toBe(200);
  });
});
