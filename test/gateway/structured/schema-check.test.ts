import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SchemaCheck } from '../../../src/gateway/structured/schema-check.ts';
import { UncheckedError } from '../../../src/gateway/structured/unchecked.ts';
import type { Json, JsonObject } from '../../../src/lib/json.ts';
import type { UncheckedReason } from '../../../src/telemetry/receipt.ts';

const isValid = (schema: JsonObject, value: Json): boolean =>
  new SchemaCheck(schema).complaints(value).length === 0;

const unchecked = (reason: UncheckedReason): UncheckedError => new UncheckedError(reason);

/** Objects of some depth with what models are asked for. */
const PERSON: JsonObject = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1 },
    age: { type: 'integer', minimum: 0 },
    mail: { anyOf: [{ type: 'string', format: 'email' }, { type: 'null' }] },
    tags: { type: 'array', items: { enum: ['a', 'b'] }, maxItems: 3 },
    friend: { $ref: '#/$defs/friend' },
  },
  required: ['name', 'age', 'mail', 'tags', 'friend'],
  additionalProperties: false,
  $defs: {
    friend: {
      type: 'object',
      properties: { id: { type: 'string', pattern: '^[a-z]{2}-\\d+$' } },
      required: ['id'],
    },
  },
};
const ADA = { name: 'Ada', age: 36, mail: null, tags: ['a'], friend: { id: 'ab-1' } };

describe('a schema check', () => {
  test.each<[string, Json, boolean]>([
    ['all as it should be', ADA, true],
    ['an address for an address', { ...ADA, mail: 'ada@example.com' }, true],
    ['no address', { ...ADA, mail: 'ada at example' }, false],
    ['a string for a number', { ...ADA, age: '36' }, false],
    ['a fraction for an integer', { ...ADA, age: 36.5 }, false],
    ['too little', { ...ADA, age: -1 }, false],
    ['a member too many', { ...ADA, more: 1 }, false],
    ['a member too few', { name: 'Ada', age: 36, mail: null, tags: [] }, false],
    ['too many items', { ...ADA, tags: ['a', 'a', 'a', 'a'] }, false],
    ['an item of no kind', { ...ADA, tags: ['c'] }, false],
    ['a pattern behind a reference', { ...ADA, friend: { id: 'ab-' } }, false],
    ['no object', [ADA], false],
    ['null', null, false],
  ])('%s', (_, value, valid) => {
    expect(isValid(PERSON, value)).toBe(valid);
  });

  test('says what is wrong, and where, and does not name what it did to the schema', () => {
    const check = new SchemaCheck(PERSON);
    const complaints = check.complaints({ ...ADA, age: '36', friend: { id: 'x' } }, true);
    expect(complaints).toEqual([
      { at: '#/age', message: 'Instance type "string" is invalid. Expected "integer".' },
      { at: '#/friend/id', message: 'String does not match the pattern ^[a-z]{2}-\\d+$' },
    ]);
  });

  test('leaves the schema that it was given as it is', () => {
    const given = structuredClone(PERSON);
    new SchemaCheck(given).complaints(ADA);
    expect(Object.getOwnPropertyNames(given)).toEqual(Object.getOwnPropertyNames(PERSON));
    expect(given).toEqual(PERSON);
  });

  test.each<[string, string, boolean]>([
    ['date', '2026-02-28', true],
    ['date', '2026-02-30', false],
    ['date-time', '2026-02-28T10:00:00Z', true],
    ['date-time', 'tomorrow', false],
    ['uuid', '123e4567-e89b-12d3-a456-426614174000', true],
    ['uuid', '123e4567', false],
    ['uri', 'https://example.com/a?b#c', true],
    ['uri', 'example', false],
    ['ipv4', '10.0.0.1', true],
    ['ipv4', '10.0.0.256', false],
    // Annotations.
    ['colour', 'anything', true],
    ['constructor', '', true],
    ['toString', '', true],
    ['__defineGetter__', '', true],
  ])('the format %s of %s', (format, text, valid) => {
    expect(isValid({ type: 'string', format }, text)).toBe(valid);
  });

  test('holds a string against its format and its pattern both', () => {
    const schema = { type: 'string', format: 'ipv4', pattern: '^10\\.' };
    expect(['10.0.0.1', '11.0.0.1', '10.x'].map((text) => isValid(schema, text))).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('reads the draft from $schema', () => {
    const exclusive = { type: 'number', minimum: 5, exclusiveMinimum: true };
    expect(isValid({ $schema: 'http://json-schema.org/draft-04/schema#', ...exclusive }, 5)).toBe(false);
    const tuple = { type: 'array', items: [{ type: 'string' }] };
    expect(isValid({ $schema: 'http://json-schema.org/draft-07/schema#', ...tuple }, [1])).toBe(false);
    const prefix = { type: 'array', prefixItems: [{ type: 'string' }] };
    expect(isValid(prefix, [1])).toBe(false);
    expect(isValid({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...prefix }, [1])).toBe(false);
  });

  test.each<[Json, boolean]>([
    [{ s_one: 'x', n_1: 1 }, true],
    [{ s_one: 1 }, false],
    [{ n_1: 'x' }, false],
    [{ other: 1 }, false],
    [{ 's_a|b.*': 'x', 's_\n"': 'y' }, true],
    [{ 's_a|b.*': 1 }, false],
    [{}, true],
  ])('properties by pattern: %j', (value, valid) => {
    const schema = {
      type: 'object',
      patternProperties: { '^s_': { type: 'string' }, '^(n+)+_\\d$': { type: 'number' } },
      additionalProperties: false,
    };
    const check = new SchemaCheck(schema);
    expect(check.complaints(value).length === 0).toBe(valid);
    // What one value's names were says nothing of the next.
    expect(check.complaints({ n_2: 2 })).toEqual([]);
  });

  test('holds trees against a schema that refers to itself', () => {
    const tree: JsonObject = {
      type: 'object',
      properties: { value: { type: 'number' }, next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
      required: ['value', 'next'],
    };
    let value: Json = null;
    for (let depth = 0; depth < 60; depth++) value = { value: depth, next: value };
    expect(isValid(tree, value)).toBe(true);
    expect(isValid(tree, { value: 1, next: { value: 'x', next: null } })).toBe(false);
  });

  test('follows anchors and addresses within the schema', () => {
    const schema = {
      $id: 'https://example.com/root.json',
      $defs: { a: { $anchor: 'here', type: 'string' }, b: { $id: 'inner.json', type: 'number' } },
      type: 'object',
      properties: { x: { $ref: '#here' }, y: { $ref: 'inner.json' } },
    };
    expect(isValid(schema, { x: 'x', y: 1 })).toBe(true);
    expect(isValid(schema, { x: 1 })).toBe(false);
    expect(isValid(schema, { y: 'x' })).toBe(false);
  });
});

describe('a schema that is none is not held against answers', () => {
  test.each<[string, JsonObject]>([
    ['a type that there is not', { type: 'zzz' }],
    ['one among types', { type: ['string', 'zzz'] }],
    ['no type at all', { type: [] }],
    ['a required that is a name', { required: 'a' }],
    ['a required of draft 3', { properties: { a: { type: 'string', required: true } } }],
    ['a required with a number', { required: ['a', 1] }],
    ['properties that are a list', { properties: ['a'] }],
    ['a property that is a type', { properties: { a: 'string' } }],
    ['one deep inside', { items: { anyOf: [{ properties: { a: { type: 'zzz' } } }] } }],
    ['one behind a reference', { $ref: '#/$defs/a', $defs: { a: { type: 'zzz' } } }],
    ['one behind a reference to elsewhere', { $ref: '#/parts/a', parts: { a: { type: 'zzz' } } }],
    ['one among patterns', { patternProperties: { a: { minLength: -1 } } }],
    ['one among dependencies', { dependencies: { a: { type: 'zzz' } } }],
    ['items that are text', { items: 'string' }],
    ['no alternatives', { anyOf: [] }],
    ['an alternative that is text', { oneOf: ['string'] }],
    ['what is not to be, as text', { not: 'string' }],
    ['an enum that is no list', { enum: 'a' }],
    ['a minimum that is text', { minimum: '1' }],
    ['a minimum that is null', { minimum: null }],
    ['a length that is a fraction', { maxLength: 1.5 }],
    ['a multiple of zero', { multipleOf: 0 }],
    ['an exclusive limit of draft 4', { minimum: 1, exclusiveMinimum: true }],
    [
      'a limit in draft 4 that is later drafts’',
      { $schema: 'http://json-schema.org/draft-04/schema#', exclusiveMinimum: 1 },
    ],
    ['a pattern that is a number', { pattern: 1 }],
    ['a reference that is a number', { $ref: 1 }],
    ['uniqueItems as text', { uniqueItems: 'yes' }],
    ['dependentRequired with a name', { dependentRequired: { a: 'b' } }],
  ])('%s', (_, schema) => {
    expect(() => new SchemaCheck(schema)).toThrow(unchecked('schema_invalid'));
  });

  test.each<[string, JsonObject]>([
    ['names of properties that are keywords', { properties: { type: {}, required: {}, enum: true } }],
    ['values that look like schemas', { enum: [{ type: 'zzz' }], default: { type: 'zzz' } }],
    ['constants and examples', { anyOf: [{ const: { required: 'a' } }, true], examples: [{ type: 1 }] }],
    ['members that are no keywords', { 'x-note': { type: 'zzz' }, nullable: true, title: 5 }],
    ['dependencies of names that are keywords', { dependencies: { type: ['a'], b: { type: 'object' } } }],
    ['a name of Object’s', { constructor: 1, toString: 'x' } as unknown as JsonObject],
    ['names that stand twice', { required: ['a', 'a'], type: ['object', 'object'] }],
    ['counts written as fractions', { minProperties: 0, maxItems: 2.0 }],
    ['tuples of older drafts', { items: [{ type: 'string' }], additionalItems: false }],
  ])('but one is that has %s', (_, schema) => {
    expect(isValid(schema, { a: 1 })).toBe(!('enum' in schema));
  });
});

test.each<[string, boolean, JsonObject]>([
  ['a plain one', true, PERSON],
  ['a reference to itself', true, { properties: { a: { $ref: '#' } } }],
  ['a reference to what is never', true, { $ref: '#/$defs/a', $defs: { a: false } }],
  ['a reference that leads nowhere', false, { properties: { a: { $ref: '#/$defs/none' } } }],
  ['a pattern that refers back', false, { properties: { a: { pattern: '(a)\\1' } } }],
  ['such a pattern of names', false, { patternProperties: { '(a)\\1': true } }],
])('of a schema with %s it is known beforehand whether answers can be checked', (_, known, schema) => {
  expect(new SchemaCheck(schema).isKnown()).toBe(known);
});

/** A schema that looks twice at each of so many levels. */
function doubling(levels: number, leaf: JsonObject): JsonObject {
  const $defs: JsonObject = { d0: leaf };
  for (let level = 1; level <= levels; level++) {
    const below = { $ref: `#/$defs/d${level - 1}` };
    $defs[`d${level}`] = { allOf: [below, below] };
  }
  return { $ref: `#/$defs/d${levels}`, $defs };
}

function nested(depth: number, inner: JsonObject): JsonObject {
  let schema = inner;
  for (let level = 0; level < depth; level++) schema = { properties: { a: schema } };
  return schema;
}

function addresses(depth: number): JsonObject {
  let schema: JsonObject = { type: 'string' };
  for (let level = 0; level < depth; level++)
    schema = { $id: `https://x.test/${level}`, properties: { a: schema } };
  return schema;
}

const twice = { properties: { a: { $ref: '#' } } };
const deep = (depth: number): Json => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`) as Json;

describe('a hostile schema costs no more than a bounded time', () => {
  test.each<[string, JsonObject, Json, UncheckedReason]>([
    ['one that refers to itself', { $ref: '#' }, {}, 'too_costly'],
    [
      'a ring of references',
      { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
      1,
      'too_costly',
    ],
    ['one that doubles at every level', doubling(40, { type: 'string' }), 'x', 'too_costly'],
    ['one that doubles at every level of the value', { allOf: [twice, twice] }, deep(60), 'too_costly'],
    [
      'a pattern that RegExp would never end with, over a long text',
      { pattern: '^(a+)+$' },
      `${'a'.repeat(2_000_000)}!`,
      'too_costly',
    ],
    ['a pattern that refers back', { pattern: '(a)\\1' }, 'aa', 'pattern'],
    ['a pattern that is none', { pattern: '(' }, 'aa', 'pattern'],
    ['items that must differ', { uniqueItems: true }, Array.from({ length: 501 }, (_, i) => i), 'too_costly'],
    [
      'many looks at many members',
      { allOf: Array.from({ length: 5000 }, () => ({ additionalProperties: true })) },
      Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i])),
      'too_costly',
    ],
    [
      'many values for many items',
      { items: { enum: Array.from({ length: 9000 }, (_, i) => `v${i}`) } },
      Array.from({ length: 5000 }, () => 'v8999'),
      'too_costly',
    ],
    ['a remote reference', { $ref: 'https://example.com/schema.json' }, 1, 'unresolved_reference'],
    ['a reference that leads nowhere', { $ref: '#/$defs/none' }, 1, 'unresolved_reference'],
    ['a dynamic reference', { $dynamicRef: '#node' }, 1, 'unknown_keyword'],
    ['a required that is no list', { required: 5 }, {}, 'schema_invalid'],
    ['an address that is none', { $id: 'http://[' }, {}, 'schema_invalid'],
    ['too deep a schema', nested(60, {}), {}, 'schema_too_large'],
    ['too many values', { enum: Array.from({ length: 20_001 }, (_, i) => i) }, 1, 'schema_too_large'],
    ['too long a schema', { description: 'x'.repeat(300_000) }, 1, 'schema_too_large'],
    ['addresses within addresses', addresses(40), {}, 'schema_too_large'],
    ['too deep a value', {}, deep(300), 'answer_too_large'],
  ])('%s', (_, schema, value, reason) => {
    expect(() => new SchemaCheck(schema).complaints(value)).toThrow(unchecked(reason));
  });

  test('is no worse for what comes after it', () => {
    expect(() => new SchemaCheck({ pattern: '(' }).complaints('x')).toThrow(UncheckedError);
    expect(isValid({ format: '~0' }, 'x')).toBe(true);
    expect(isValid({ pattern: '^(a+)+$' }, `${'a'.repeat(5000)}!`)).toBe(false);
  });

  test('large answers to honest schemas are checked', () => {
    const people = Array.from({ length: 2000 }, () => ADA);
    expect(isValid({ type: 'array', items: PERSON, $defs: PERSON.$defs as JsonObject }, people)).toBe(true);
  });
});

/** A schema, a value that fits it, and a value that does not. */
interface Sample {
  schema: JsonObject;
  good: Json;
  bad: Json;
}

const { sample } = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string().map((good): Sample => ({ schema: { type: 'string' }, good, bad: 1 })),
    fc.integer().map((good): Sample => ({ schema: { type: 'integer', maximum: good }, good, bad: good + 1 })),
    fc.boolean().map((good): Sample => ({ schema: { const: good }, good, bad: !good })),
    fc.stringMatching(/^[a-c]{1,3}-\d{1,4}$/).map(
      (good): Sample => ({
        schema: { type: 'string', pattern: '^[a-c]{1,3}-\\d{1,4}$' },
        good,
        bad: `${good}-`,
      }),
    ),
    fc.tuple(tie('sample'), fc.integer({ min: 1, max: 3 })).map(
      ([one, length]): Sample => ({
        schema: { type: 'array', items: one.schema, minItems: length },
        good: Array.from({ length }, () => one.good),
        bad: [...Array.from({ length }, () => one.good), one.bad],
      }),
    ),
    fc
      .tuple(fc.dictionary(fc.string(), tie('sample'), { minKeys: 1, maxKeys: 3 }), fc.boolean())
      .map(([members, missing]): Sample => {
        const all = Object.entries(members);
        const part = (kind: keyof Sample) => Object.fromEntries(all.map(([name, one]) => [name, one[kind]]));
        const [first = ''] = all.map(([name]) => name);
        const good = part('good');
        const { [first]: _, ...rest } = good;
        return {
          schema: {
            type: 'object',
            properties: part('schema'),
            required: Object.keys(members),
            additionalProperties: false,
          },
          good,
          bad: missing ? rest : { ...good, [first]: members[first]?.bad ?? null },
        };
      }),
    fc.tuple(tie('sample'), tie('sample')).map(
      ([a, b]): Sample => ({
        schema: {
          anyOf: [
            { type: 'object', properties: { a: a.schema }, required: ['a'] },
            { type: 'object', properties: { b: b.schema }, required: ['b'] },
          ],
        },
        good: { b: b.good },
        bad: { a: a.bad, b: b.bad },
      }),
    ),
  ),
}));

test('values made for a schema fit it, and those with one fault do not', () => {
  // Returned, since the linter takes it for a promise.
  return fc.assert(
    fc.property(sample, ({ schema, good, bad }) => {
      expect(isValid(schema, good)).toBe(true);
      expect(isValid(schema, bad)).toBe(false);
    }),
    { numRuns: 300 },
  );
});
