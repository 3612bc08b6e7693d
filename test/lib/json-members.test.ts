import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

  it('takes over the spelling of what is given as text', () => {
    const change = { setText: { seed: '12345678901234567890' }, remove: ['n'] };
    expect(patch('{"n":1.0,"x":1.50}', change)).toBe('{"seed":12345678901234567890,"x":1.50}');
  });

  it('does not touch the bytes it is given', () => {
    const raw = bytes(BODY);
    patchMembers(raw, scanMembers(raw) ?? [], { set: { model: 'another' }, remove: ['x'] });
    expect(raw).toEqual(bytes(BODY));
  });

  for (const [name, change] of Object.entries<MemberPatch>({
    'nothing is asked': {},
    'what is to go is not there': { remove: ['nothing'] },
    'what is to be set is there': { set: { model: 'gpt-4o' }, setText: { x: '[1, 2]' } },
  })) {
    it(`answers the same bytes when ${name}`, () => {
      const raw = bytes(BODY);
      expect(patchMembers(raw, scanMembers(raw) ?? [], change)).toBe(raw);
    });
  }

  it('leaves the last of what stands twice, whatever else changes', () => {
    const twice = '{"a":1,"b":{"a":0},"a":2,"\\u0061":3,"c":4}';
    expect(patch(twice, {})).toBe('{"b":{"a":0},"\\u0061":3,"c":4}');
    expect(patch(twice, { set: { d: 5 }, remove: ['c'] })).toBe('{"d":5,"b":{"a":0},"\\u0061":3}');
  });

  it('sets once what stands twice, even with the value it has', () => {
    expect(patch('{"a":1,"b":2,"a":1}', { set: { a: 1 } })).toBe('{"a":1,"b":2}');
  });
});

/** JSON text in any spelling: white space, escapes, and numbers that no parser gives back as written. */
const space = fc.stringMatching(/^[ \t\n\r]{0,2}$/);
const number = fc.constantFrom('1.0', '12345678901234567890', '-0', '1E400', '0.10', '7');
const string = fc
  .tuple(fc.string({ maxLength: 60 }), fc.boolean())
  .map(([text, ascii]) => (ascii ? escapeAll(text) : JSON.stringify(text)));
const { value } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(number, string, fc.constantFrom('true', 'false', 'null')),
    tie('list'),
    tie('object'),
  ),
  list: fc
    .array(fc.tuple(space, tie('value')), { maxLength: 4 })
    .map((items) => `[${items.map(([gap, item]) => gap + item + gap).join(',')}]`),
  object: fc
    .array(fc.tuple(string, space, tie('value')), { maxLength: 4 })
    .map((items) => `{${items.map(([key, gap, item]) => `${gap}${key}${gap}:${gap}${item}`).join(',')}}`),
}));

function escapeAll(text: string): string {
  return `"${Array.from(text.split(''), (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
}

describe('any object in any spelling', () => {
  const name = fc.oneof(
    fc.constantFrom('model', 'stream', 'a"b', 'c\\', '', 'é'),
    fc.string({ maxLength: 3 }),
  );
  const names = fc.tuple(name, fc.boolean()).map(([text, ascii]): [string, string] => {
    return [text, ascii ? escapeAll(text) : JSON.stringify(text)];
  });
  const member = fc.tuple(names, space, space, value);

  it('is found, patched, and left as it is written elsewhere', () => {
    const change = fc.tuple(
      fc.array(fc.tuple(name, value), { maxLength: 2 }),
      fc.array(name, { maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(member, { maxLength: 6 }), space, change, (written, gap, [set, remove]) => {
        const text = `${gap}{${written
          .map(([[, key], before, after, item]) => `${before}${key}${after}:${before}${item}${after}`)
          .join(',')}${gap}}${gap}`;
        const raw = bytes(text);
        const members = scanMembers(raw);
        const found = members?.map((one) => [one.name, memberText(raw, one)]);
        expect(found).toEqual(written.map(([[key], , , item]) => [key, item]));

        const setText = Object.fromEntries(set);
        const patched = patchMembers(raw, members ?? [], { setText, remove });
        // A name to be removed and set is set.
        const gone = [...remove, ...Object.keys(setText)];
        const last = new Map(written.map((one) => [one[0][0], one]));
        const kept = written
          .filter((one) => !gone.includes(one[0][0]) && last.get(one[0][0]) === one)
          .map(([[key], , , item]) => [key, item]);
        const after = scanMembers(patched)?.map((one) => [one.name, memberText(patched, one)]);
        const order = (list: string[][] | undefined) => list?.toSorted().map((pair) => pair.join(':'));
        expect(order(after)).toEqual(order([...Object.entries(setText), ...kept]));
        expect(after?.filter(([key]) => !gone.includes(key ?? ''))).toEqual(kept);
        expect(() => JSON.parse(new TextDecoder().decode(patched))).not.toThrow();
      }),
      { numRuns: 1500 },
    );
  });

  it('is set when it is to be removed and set, also to the value that it has', () => {
    const raw = bytes('{"":false,"a":1}');
    const patched = patchMembers(raw, scanMembers(raw) ?? [], {
      setText: { '': 'false' },
      remove: ['', 'a'],
    });
    expect(new TextDecoder().decode(patched)).toBe('{"":false}');
  });

  it('is refused when it is nested more deeply than any request', () => {
    const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(scan(nested(1000))).toBeDefined();
    expect(scan(nested(1002))).toBeUndefined();
    expect(scan(`{"a":${'['.repeat(10_000_000)}`)).toBeUndefined();
  });

  it('is refused when a byte is missing at the end, or one is too much', () => {
    fc.assert(
      fc.property(fc.array(member, { maxLength: 4 }), fc.nat(), (written, cut) => {
        const text = `{${written.map(([[, key], , , item]) => `${key}:${item}`).join(',')}}`;
        const raw = bytes(text);
        expect(scanMembers(raw.subarray(0, cut % raw.byteLength))).toBeUndefined();
        expect(scan(`${text}}`)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});
