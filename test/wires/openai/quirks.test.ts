import { describe, expect, test } from 'vitest';
import { SHIPPED_PROVIDERS } from '../../../src/providers/catalog.ts';
import { encode, parse } from './support.ts';

const STREAM = { stream: true };

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
