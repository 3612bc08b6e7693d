import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codec, encode, fixture, fixturesWith, parse, requestOf, target } from './support.ts';

describe('recorded requests', () => {
  test.each(fixturesWith('request.json'))('%s goes to its own model unchanged', (name) => {
    const text = fixture(name, 'request.json');
    const request = requestOf(text);
    const { body, dropped } = codec.encode(request, target({}, String(parse(text).model)));
    expect(body).toBe(request.bytes);
    expect(dropped).toEqual([]);
  });

  test('there are some', () => {
    expect(fixturesWith('request.json').length).toBeGreaterThan(20);
  });
});

describe('the model', () => {
  test.each([
    ['alone', '{"model":"m","messages":[]}', '{"model":"up/Model-1","messages":[]}'],
    ['behind', '{"messages":[],"model":"m"}', '{"model":"up/Model-1","messages":[]}'],
    [
      'in the middle, among spaces',
      '{ "messages" : [ ] ,\n  "model" : "m",\n\t"n" : 1 }',
      '{"model":"up/Model-1","messages" : [ ],"n" : 1 }',
    ],
    ['twice', '{"model":"a","messages":[],"model":"b"}', '{"model":"up/Model-1","messages":[]}'],
    ['under a spelled-out name', '{"mod\\u0065l":"m","messages":[]}', '{"model":"up/Model-1","messages":[]}'],
    [
      'only at the top',
      '{"model":"m","messages":[{"role":"user","content":"\\"model\\":\\"m\\"","model":"m"}]}',
      '{"model":"up/Model-1","messages":[{"role":"user","content":"\\"model\\":\\"m\\"","model":"m"}]}',
    ],
  ])('%s', (_, sent, expected) => {
    expect(encode(sent).text).toBe(expected);
  });

  test('a name that JSON must escape', () => {
    const { body } = codec.encode(requestOf('{"model":"m","messages":[]}'), target({}, 'a "b"\\c é'));
    expect(new TextDecoder().decode(body as Uint8Array)).toBe('{"model":"a \\"b\\"\\\\c é","messages":[]}');
  });
});

describe('the rest keeps its bytes', () => {
  const REST =
    '"messages":[{"role":"user","content":"\\u00e9\\ud83d\\ude00 é😀 \\/ \\u2028"}],' +
    '"seed":12345678901234567890123,"temperature":1.0,"top_p":1e-0,"stop" : [ "\\n" ] ,"unknown":{"a":1,"a":2},' +
    '"user":"7"';

  test('numbers, escapes, spaces and unknown members', () => {
    expect(encode(`{"model":"m",${REST}}`).text).toBe(`{"model":"up/Model-1",${REST}}`);
  });

  test('of what stands twice the last, which is what was read', () => {
    const { text } = encode(`{"model":"m","tools":[{"type":"a"}],${REST},"tools":[]}`);
    expect(text).toBe(`{"model":"up/Model-1",${REST},"tools":[]}`);
  });

  test('an extension goes, and with it every time it stands there', () => {
    const { text } = encode(
      `{"models":["a"],"model":"m","provider":{"only":["x"]},${REST},"models":[]}`,
      {},
      {
        extensions: ['models', 'provider'],
      },
    );
    expect(text).toBe(`{"model":"up/Model-1",${REST}}`);
  });

  test('a body of five megabytes, without being parsed', () => {
    const image = `data:image/png;base64,${'iVBORw0KGgo'.repeat(480_000)}`;
    const rest = `"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"${image}"}}]}],"x":1.0`;
    const request = {
      ...requestOf(`{"model":"m","stream":true,${rest}}`, { stream: true }),
      body: () => {
        throw new Error('parsed');
      },
    };
    expect(request.bytes.byteLength).toBeGreaterThan(5_000_000);
    const { body } = codec.encode(request, target({ rename: { seed: 'random_seed' }, drop: ['n'] }));
    const text = new TextDecoder().decode(body as Uint8Array);
    // Compared as a boolean: five megabytes make no readable difference.
    const expected = `{"model":"up/Model-1","stream_options":{"include_usage":true},"stream":true,${rest}}`;
    expect(text === expected).toBe(true);
  });
});

test('of any body only what must change changes', () => {
  const names = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.constantFrom('models', 'stream_options', 'seed', 'user'),
  );
  const bodies = fc.dictionary(
    names.filter((name) => name !== 'model' && name !== '__proto__'),
    fc.jsonValue({ maxDepth: 2 }),
  );
  void fc.assert(
    fc.property(bodies, fc.constantFrom(0, 1, '\t'), fc.boolean(), (rest, indent, first) => {
      const sent = first ? { model: 'm', ...rest } : { ...rest, model: 'm' };
      const { body } = encode(JSON.stringify(sent, null, indent), {}, { extensions: ['models'] });
      const { models: _, ...kept } = JSON.parse(JSON.stringify(rest)) as Record<string, unknown>;
      expect(body).toEqual({ ...kept, model: 'up/Model-1' });
    }),
    { numRuns: 300 },
  );
});
