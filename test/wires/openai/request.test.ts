import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SHIPPED_PROVIDERS } from '../../../src/providers/catalog.ts';
import { codec, encode, fixture, fixturesWith, parse, requestOf, target } from './support.ts';

const STREAM = { stream: true };

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
    '"seed":7';

  test('numbers, escapes, spaces, unknown and doubled members', () => {
    expect(encode(`{"model":"m",${REST}}`).text).toBe(`{"model":"up/Model-1",${REST}}`);
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
      ...requestOf(`{"model":"m","stream":true,${rest}}`, STREAM),
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

describe('usage in streams', () => {
  const ask = '"stream_options":{"include_usage":true}';

  test('is asked for', () => {
    expect(encode('{"model":"m","stream":true,"messages":[]}', {}, STREAM).text).toBe(
      `{"model":"up/Model-1",${ask},"stream":true,"messages":[]}`,
    );
  });

  test('not where nothing streams', () => {
    expect(encode('{"model":"m","messages":[]}').body).not.toHaveProperty('stream_options');
  });

  test.each([
    ['null', '{"include_usage":true}'],
    ['{}', '{"include_usage":true}'],
    ['{"include_usage":false}', '{"include_usage":true}'],
    ['{"include_obfuscation":false}', '{"include_obfuscation":false,"include_usage":true}'],
    [
      '{"include_obfuscation":false,"include_usage":false,"x":[1]}',
      '{"include_obfuscation":false,"include_usage":true,"x":[1]}',
    ],
  ])('stream_options %s becomes %s', (sent, expected) => {
    const { text, dropped } = encode(`{"model":"m","messages":[],"stream_options":${sent}}`, {}, STREAM);
    expect(text).toBe(`{"model":"up/Model-1","stream_options":${expected},"messages":[]}`);
    expect(dropped).toEqual([]);
  });

  test('a client that asks for it itself keeps its spelling', () => {
    const own = '"stream_options":{ "include_usage": true, "include_obfuscation": false }';
    expect(encode(`{"model":"m","messages":[],${own}}`, {}, STREAM).text).toBe(
      `{"model":"up/Model-1","messages":[],${own}}`,
    );
  });

  test.each(['always', 'never'] as const)('hosts that send it %s are not asked', (streamUsage) => {
    for (const options of ['', ',"stream_options":{"include_usage":true}', ',"stream_options":null']) {
      const { text, dropped } = encode(`{"model":"m","messages":[]${options}}`, { streamUsage }, STREAM);
      expect(text).toBe('{"model":"up/Model-1","messages":[]}');
      expect(dropped).toEqual([]);
    }
  });

  test.each(['always', 'never'] as const)(
    'and what else was asked of a host that sends it %s is named',
    (streamUsage) => {
      const options = '{"include_usage":true,"include_obfuscation":false,"nothing":null}';
      const { text, dropped } = encode(
        `{"model":"m","stream_options":${options},"messages":[]}`,
        { streamUsage },
        STREAM,
      );
      expect(text).toBe('{"model":"up/Model-1","messages":[]}');
      expect(dropped).toEqual(['stream_options.include_obfuscation']);
    },
  );
});

describe('renamed fields', () => {
  const quirks = { rename: { max_completion_tokens: 'max_tokens', seed: 'random_seed' } };

  test.each([
    ['{"model":"m","max_completion_tokens":100}', '{"model":"up/Model-1","max_tokens":100}'],
    ['{"model":"m","seed":9007199254740993}', '{"model":"up/Model-1","random_seed":9007199254740993}'],
    ['{"model":"m","seed":1.0,"n":1}', '{"model":"up/Model-1","random_seed":1.0,"n":1}'],
    ['{"model":"m","max_completion_tokens":null}', '{"model":"up/Model-1"}'],
    // Whoever sends both means each for the hosts that know it.
    ['{"model":"m","max_tokens":5,"max_completion_tokens":9}', '{"model":"up/Model-1","max_tokens":5}'],
    ['{"model":"m","max_tokens":null,"max_completion_tokens":9}', '{"model":"up/Model-1","max_tokens":9}'],
    ['{"model":"m","max_completion_tokens":9,"max_tokens":null}', '{"model":"up/Model-1","max_tokens":9}'],
    ['{"model":"m","max_tokens":5}', '{"model":"up/Model-1","max_tokens":5}'],
    // Of a name that stands twice the last counts, as for every parser.
    ['{"model":"m","seed":1,"seed":2}', '{"model":"up/Model-1","random_seed":2}'],
  ])('%s', (sent, expected) => {
    expect(encode(sent, quirks)).toMatchObject({ text: expected, dropped: [] });
  });
});

describe('dropped fields', () => {
  test('what was renamed is not dropped', () => {
    const quirks = { rename: { seed: 'random_seed' }, drop: ['seed'] };
    expect(encode('{"model":"m","seed":7}', quirks)).toMatchObject({
      body: { model: 'up/Model-1', random_seed: 7 },
      dropped: [],
    });
  });

  test('are named, but for those that ask for nothing', () => {
    const { text, dropped } = encode(
      '{"model":"m","logit_bias":{"1":2},"top_logprobs":null,"n":2,"user":"u"}',
      { drop: ['user', 'logit_bias', 'top_logprobs', 'seed'] },
    );
    expect(text).toBe('{"model":"up/Model-1","n":2}');
    expect(dropped).toEqual(['user', 'logit_bias']);
  });

  test.each([
    ['"n":1', []],
    ['"n":2', ['n']],
    [
      '"n":1.0,"store":false,"logprobs":false,"top_logprobs":0,"presence_penalty":0,"frequency_penalty":0',
      [],
    ],
    [
      '"store":true,"logprobs":true,"top_logprobs":1,"presence_penalty":0.1',
      ['store', 'logprobs', 'top_logprobs', 'presence_penalty'],
    ],
    ['"parallel_tool_calls":false', ['parallel_tool_calls']],
  ])('%s: what asks for what happens anyway is no loss, dropped: %j', (sent, named) => {
    const drop = [
      'n',
      'store',
      'logprobs',
      'top_logprobs',
      'presence_penalty',
      'frequency_penalty',
      'parallel_tool_calls',
    ];
    expect(encode(`{"model":"m",${sent}}`, { drop })).toMatchObject({
      text: '{"model":"up/Model-1"}',
      dropped: named,
    });
  });

  test('nothing is dropped that no quirk names', () => {
    const text =
      '{"model":"up/Model-1","messages":[],"top_k":3,"whatever":{"x":[null]},"reasoning_effort":"high"}';
    expect(encode(text)).toMatchObject({ text, dropped: [] });
  });
});

describe('reasoning', () => {
  test.each([
    ['"reasoning":{"effort":"high"}', '"reasoning_effort":"high"', []],
    ['"reasoning":{"effort":"high"},"reasoning_effort":null', '"reasoning_effort":"high"', []],
    [
      '"reasoning":{"effort":"low"},"reasoning_effort":"high"',
      '"reasoning_effort":"high"',
      ['reasoning.effort'],
    ],
    ['"reasoning":{"effort":"low","max_tokens":9}', '"reasoning_effort":"low"', ['reasoning.max_tokens']],
    ['"reasoning":{"max_tokens":9}', '', ['reasoning.max_tokens']],
    ['"reasoning":{"enabled":true,"exclude":false,"effort":null}', '', []],
    ['"reasoning":{"enabled":false,"exclude":true}', '', ['reasoning.enabled', 'reasoning.exclude']],
    ['"reasoning":null', '', []],
    ['"reasoning":"high"', '', ['reasoning']],
  ])('%s becomes %s, dropped: %j', (sent, expected, dropped) => {
    const got = encode(`{"model":"m",${sent}}`);
    expect(got.body).toEqual(
      parse(expected === '' ? '{"model":"up/Model-1"}' : `{"model":"up/Model-1",${expected}}`),
    );
    expect(got.dropped).toEqual(dropped);
  });

  test('hosts that take the object get it as it is', () => {
    const text = '{"model":"up/Model-1","reasoning":{"effort":"high","max_tokens":9}}';
    expect(encode(text, { reasoningObject: true })).toMatchObject({ text, dropped: [] });
  });

  test('a host that knows no effort does not get one that was made of the object', () => {
    expect(
      encode('{"model":"m","reasoning":{"effort":"high"}}', { drop: ['reasoning_effort'] }),
    ).toMatchObject({
      text: '{"model":"up/Model-1"}',
      dropped: ['reasoning.effort'],
    });
  });

  test('and one that knows it by another name gets it by that', () => {
    const quirks = { rename: { reasoning_effort: 'effort' } };
    expect(encode('{"model":"m","reasoning":{"effort":"high"}}', quirks)).toMatchObject({
      body: { model: 'up/Model-1', effort: 'high' },
      dropped: [],
    });
    expect(encode('{"model":"m","reasoning":{"effort":"high"}}', quirks).body).not.toHaveProperty(
      'reasoning_effort',
    );
  });
});

describe('the role developer', () => {
  const text =
    '{"model":"up/Model-1","temperature":1.0,"messages":[{"role":"developer","content":"D","name":"n"},' +
    '{"role":"user","content":"developer"},{"role":"developer","content":[{"type":"text","text":"E"}]}]}';

  test('is said as system where the host does not know it', () => {
    expect(encode(text, { developerRole: 'system' }).text).toBe(
      '{"messages":[{"role":"system","content":"D","name":"n"},{"role":"user","content":"developer"},' +
        '{"role":"system","content":[{"type":"text","text":"E"}]}],"model":"up/Model-1","temperature":1.0}',
    );
  });

  test('stays elsewhere', () => {
    expect(encode(text).text).toBe(text);
  });

  test('without one the messages keep their bytes', () => {
    const plain = '{"model":"up/Model-1","messages":[ {"role":"user","content":"\\u0041"} ]}';
    expect(encode(plain, { developerRole: 'system' }).text).toBe(plain);
  });
});

/** What a client of OpenAI's newest models sends. */
const MODERN =
  '{"model":"m","stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":64,"seed":7,' +
  '"logprobs":true,"top_logprobs":2,"user":"u","store":false,"n":1,"frequency_penalty":0.5,"parallel_tool_calls":false,' +
  '"messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":"Hi"}]}';

describe('quirks of shipped hosts', () => {
  const ASKED = { include_usage: true };
  const system = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hi' },
  ];

  test('Mistral, which refuses what it does not know', () => {
    const { body, dropped } = encode(MODERN, SHIPPED_PROVIDERS.get('mistral')?.quirks, STREAM);
    expect(body).toEqual({
      model: 'up/Model-1',
      stream: true,
      max_tokens: 64,
      random_seed: 7,
      n: 1,
      frequency_penalty: 0.5,
      parallel_tool_calls: false,
      messages: system,
    });
    expect(dropped).toEqual(['logprobs', 'top_logprobs', 'user']);
  });

  test('DeepSeek', () => {
    const { body, dropped } = encode(MODERN, SHIPPED_PROVIDERS.get('deepseek')?.quirks, STREAM);
    expect(body).toMatchObject({ max_tokens: 64, messages: system, stream_options: ASKED, logprobs: true });
    for (const name of ['max_completion_tokens', 'seed', 'n']) expect(body).not.toHaveProperty(name);
    expect(dropped).toEqual(['seed']);
  });

  test('OpenAI gets what it was sent', () => {
    const { text, dropped } = encode(MODERN, SHIPPED_PROVIDERS.get('openai')?.quirks, STREAM);
    expect(text).toBe(MODERN.replace('"model":"m"', '"model":"up/Model-1"'));
    expect(dropped).toEqual([]);
  });
});
