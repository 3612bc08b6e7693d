import { describe, expect, test } from 'vitest';
import { SchemaCheck } from '../../../src/gateway/structured/schema-check.ts';
import { UncheckedError } from '../../../src/gateway/structured/unchecked.ts';
import type { Json, JsonObject } from '../../../src/lib/json.ts';
import type { UncheckedReason } from '../../../src/telemetry/receipt.ts';
import { ADA, isValid, PERSON } from './samples.ts';

const unchecked = (reason: UncheckedReason): UncheckedError => new UncheckedError(reason);

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
