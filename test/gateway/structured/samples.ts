import { SchemaCheck } from '../../../src/gateway/structured/schema-check.ts';
import type { Json, JsonObject } from '../../../src/lib/json.ts';

export const isValid = (schema: JsonObject, value: Json): boolean =>
  new SchemaCheck(schema).complaints(value).length === 0;

/** Objects of some depth with what models are asked for. */
export const PERSON: JsonObject = {
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
export const ADA = { name: 'Ada', age: 36, mail: null, tags: ['a'], friend: { id: 'ab-1' } };
