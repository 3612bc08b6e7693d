import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/lib/json.ts';
import { type MemberPatch, memberText, patchMembers, scanMembers } from '../../src/lib/json-members.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const scan = (text: string) => scanMembers(bytes(text));
const patch = (text: string, change: MemberPatch): string => {
  const raw = bytes(text);
  const members = scanMembers(raw);
  if (!members) throw new Error('not an object');
  return new TextDecoder().decode(patchMembers(raw, members, change));
};

describe('scanMembers', () => {
  const found: [name: string, text: string, members: [string, string][]][] = [
    ['an empty object', ' { } ', []],
    [
      'numbers as they are written',
      '{"a":1.0,"b":12345678901234567890,"c":-1e+9}',
      [
        ['a', '1.0'],
        ['b', '12345678901234567890'],
        ['c', '-1e+9'],
      ],
    ],
    [
      'words',
      '{"a":true,"b":null,"c":false}',
      [
        ['a', 'true'],
        ['b', 'null'],
        ['c', 'false'],
      ],
    ],
    [
      'white space everywhere',
      '\n{\t"a" :\r\n 1 , "b": [ 1 , 2 ] }\n',
      [
        ['a', '1'],
        ['b', '[ 1 , 2 ]'],
      ],
    ],
    [
      'brackets and quotes in strings',
      '{"a":"}\\"]{","b":["]","\\\\"],"c":{"d":"}"}}',
      [
        ['a', '"}\\"]{"'],
        ['b', '["]","\\\\"]'],
        ['c', '{"d":"}"}'],
      ],
    ],
    [
      'a backslash at the end of a string',
      '{"a":"\\\\","b":1}',
      [
        ['a', '"\\\\"'],
        ['b', '1'],
      ],
    ],
    ['escaped names', '{"mod\\u0065l":"x"}', [['model', '"x"']]],
    [
      'a name that stands twice',
      '{"a":1,"a":2}',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['text beyond ASCII', '{"ä":"€𝄞"}', [['ä', '"€𝄞"']]],
  ];
  for (const [name, text, members] of found) {
    it(`finds ${name}`, () => {
      const raw = bytes(text);
      expect(scanMembers(raw)?.map((member) => [member.name, memberText(raw, member)])).toEqual(members);
    });
  }

  for (const text of [
    '',
    ' ',
    '[]',
    '"a"',
    '1',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{"a":"x}',
    '{"a":[1}',
    '{"a":1}}',
    '{"a":1} x',
    '{a:1}',
    '{"a" 1}',
    '{"a":}',
    '{,}',
    '\ufeff{}',
    '{"a\\x":1}',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => expect(scan(text)).toBeUndefined());
  }
});

describe('patchMembers', () => {
  const BODY = '{ "model" : "gpt-4o", "n": 1.0,\n  "seed": 12345678901234567890, "x": [1, 2] }';
  const patched: [name: string, text: string, change: MemberPatch, result: string][] = [
    [
      'sets in front and keeps the rest as it is',
      BODY,
      { set: { model: 'b' } },
      '{"model":"b","n": 1.0,\n  "seed": 12345678901234567890, "x": [1, 2] }',
    ],
    ['removes from the middle', BODY, { remove: ['seed'] }, '{ "model" : "gpt-4o", "n": 1.0,"x": [1, 2] }'],
    [
      'removes the last',
      BODY,
      { remove: ['x'] },
      '{ "model" : "gpt-4o", "n": 1.0,\n  "seed": 12345678901234567890 }',
    ],
    ['removes every occurrence', '{"a":1,"b":2,"a":3}', { remove: ['a'] }, '{"b":2}'],
    ['replaces every occurrence once', '{"a":1,"b":2,"a":3}', { set: { a: 4 } }, '{"a":4,"b":2}'],
    ['empties', '{"a":1}', { remove: ['a'] }, '{}'],
    ['fills what is empty', '{ }', { set: { a: 1 } }, '{"a":1}'],
    [
      'does both',
      '{"a":1,"b":2,"c":3}',
      { set: { b: null, d: [1] }, remove: ['a'] },
      '{"b":null,"d":[1],"c":3}',
    ],
  ];
  for (const [name, text, change, result] of patched)
    it(name, () => expect(patch(text, change)).toBe(result));

  it('answers the same bytes when nothing changes', () => {
    const raw = bytes(BODY);
    expect(patchMembers(raw, scanMembers(raw) ?? [], { remove: ['nothing'] })).toBe(raw);
  });

  it('means what patching the parsed object means, with any spelling', () => {
    const name = fc.oneof(
      fc.constantFrom('model', 'stream', 'a"b', 'c\\', '', 'é'),
      fc.string({ maxLength: 3 }),
    );
    const object = fc.dictionary(name, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6, noNullPrototype: true });
    const space = fc.constantFrom(0, 1, 2, '\t');
    fc.assert(
      fc.property(object, object, fc.array(name, { maxLength: 3 }), space, (before, set, remove, indent) => {
        const kept = Object.entries(before).filter(([key]) => !remove.includes(key));
        const text = patch(JSON.stringify(before, null, indent), { set: set as JsonObject, remove });
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ ...Object.fromEntries(kept), ...set })));
      }),
      { numRuns: 1000 },
    );
  });
});
