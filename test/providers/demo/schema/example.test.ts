import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../src/lib/json.ts';
import { exampleOf } from '../../../../src/providers/demo/schema/example.ts';

const of = (schema: Json): Json => exampleOf(schema, 'words of the user');

describe('values', () => {
  it.each<[string, JsonObject, Json]>([
    ['a string is made of the text', { type: 'string' }, 'words of the user'],
    ['a string is cut', { type: 'string', maxLength: 5 }, 'words'],
    ['a string is repeated', { type: 'string', minLength: 20 }, 'words of the userwor'],
    ['a format', { type: 'string', format: 'date' }, '2026-01-31'],
    ['a pattern of digits', { type: 'string', pattern: '^\\d{3}$' }, '123'],
    ['a pattern of a country', { type: 'string', pattern: '^[A-Z]{2}$' }, 'AB'],
    ['a pattern that the text meets', { type: 'string', pattern: 'user' }, 'words of the user'],
    ['an integer', { type: 'integer' }, 1],
    ['an integer with a minimum', { type: 'integer', minimum: 18 }, 18],
    ['an integer above', { type: 'integer', exclusiveMinimum: 18 }, 19],
    ['an integer below zero', { type: 'integer', maximum: -2 }, -2],
    ['a multiple', { type: 'integer', multipleOf: 5, minimum: 12 }, 15],
    ['a fraction between', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.5 }, 0.25],
    ['a multiple of a fraction', { type: 'number', multipleOf: 0.1, minimum: 0.3, maximum: 0.3 }, 0.3],
    ['an integer near fractions', { type: 'integer', minimum: 2.5, maximum: 3.2 }, 3],
    ['a boolean', { type: 'boolean' }, true],
    ['null', { type: 'null' }, null],
    ['an enum', { enum: [null, 'red', 'blue'] }, 'red'],
    ['an enum of null', { enum: [null] }, null],
    ['a constant', { const: 'fixed', type: 'string' }, 'fixed'],
    ['a default', { type: 'integer', default: 7 }, 7],
    ['a default outside the enum', { enum: ['a', 'b'], default: 'c' }, 'a'],
    ['an example', { type: 'string', examples: ['like this'] }, 'like this'],
    ['a type that may be null', { type: ['null', 'integer'] }, 1],
  ])('%s', (_, schema, expected) => {
    expect(of(schema)).toEqual(expected);
  });
});

describe('objects and arrays', () => {
  it('nests, with all properties', () => {
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string', maxLength: 5 },
        place: { type: 'object', properties: { lat: { type: 'number', minimum: 48 } }, required: ['lat'] },
        sizes: { type: 'array', items: { type: 'integer' }, minItems: 2 },
      },
      required: ['name'],
    };
    expect(of(schema)).toEqual({ name: 'words', place: { lat: 48 }, sizes: [1, 1] });
  });

  it('gives required names that have no schema', () => {
    expect(of({ type: 'object', required: ['x'], additionalProperties: { type: 'integer' } })).toEqual({
      x: 1,
    });
  });

  it('counts the items of arrays', () => {
    expect(of({ type: 'array', items: { type: 'boolean' } })).toEqual([true]);
    expect(of({ type: 'array', items: { type: 'boolean' }, maxItems: 0 })).toEqual([]);
    expect(of({ type: 'array', prefixItems: [{ type: 'boolean' }, { type: 'integer' }] })).toEqual([true, 1]);
  });

  it('gives unique items where they must be', () => {
    expect(of({ type: 'array', items: { type: 'integer' }, minItems: 3, uniqueItems: true })).toEqual([
      1, 2, 3,
    ]);
    const colours = { enum: ['red', 'green', 'blue'] };
    expect(of({ type: 'array', items: colours, minItems: 2, uniqueItems: true })).toEqual(['red', 'green']);
  });
});

describe('references and combinators', () => {
  it('follows references into the schema', () => {
    const schema = {
      $defs: { 'a/b': { type: 'integer', minimum: 4 } },
      definitions: { old: { const: 'yes' } },
      type: 'object',
      properties: { new: { $ref: '#/$defs/a~1b' }, old: { $ref: '#/definitions/old' } },
    };
    expect(of(schema)).toEqual({ new: 4, old: 'yes' });
  });

  it('merges allOf', () => {
    const schema = {
      allOf: [
        { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] },
        { properties: { b: { type: 'boolean' } }, required: ['b'] },
      ],
    };
    expect(of(schema)).toEqual({ a: 1, b: true });
  });

  it('takes the first branch that is not null', () => {
    expect(of({ anyOf: [{ type: 'null' }, { type: 'integer' }, { type: 'string' }] })).toBe(1);
    expect(of({ oneOf: [{ const: 'a' }, { const: 'b' }] })).toBe('a');
  });

  it('ends a schema that contains itself', () => {
    const list = {
      type: 'object',
      properties: { value: { type: 'integer' }, next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
      required: ['value', 'next'],
      additionalProperties: false,
    };
    expect(of(list)).toEqual({
      value: 1,
      next: { value: 1, next: { value: 1, next: null } },
    });
    const tree = {
      $defs: {
        node: {
          type: 'object',
          properties: { children: { type: 'array', items: { $ref: '#/$defs/node' } } },
        },
      },
      $ref: '#/$defs/node',
    };
    expect(JSON.stringify(of(tree)).length).toBeLessThan(100);
  });

  it('ends what has no example at all', () => {
    const endless = {
      type: 'object',
      properties: Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, { $ref: '#' }])),
      required: ['a', 'b', 'c', 'd'],
    };
    // 5000 values, each an object of four names.
    expect(JSON.stringify(of(endless)).length).toBeLessThan(5000 * 4 * 10);
    expect(of({ $ref: '#' })).toBe('words of the user');
    expect((of({ type: 'string', minLength: 1e12 }) as string).length).toBe(65_536);
    expect((of({ type: 'array', minItems: 1e12 }) as Json[]).length).toBe(5000);
  });

  it('reads what is no schema as one that allows anything', () => {
    for (const schema of [true, null, 'text', {}]) expect(of(schema)).toBe('words of the user');
  });
});
