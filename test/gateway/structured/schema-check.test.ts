import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SchemaCheck } from '../../../src/gateway/structured/schema-check.ts';
import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { ADA, isValid, PERSON } from './samples.ts';

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
