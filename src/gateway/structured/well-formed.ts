import { type SchemaDraft, schemaArrayKeyword, schemaKeyword, schemaMapKeyword } from '@cfworker/json-schema';
import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';

const TYPES: ReadonlySet<Json> = new Set([
  'array',
  'boolean',
  'integer',
  'null',
  'number',
  'object',
  'string',
]);

/** Whether a keyword may have a value. */
type Rule = (value: Json, draft: SchemaDraft) => boolean;

const isString: Rule = (value) => typeof value === 'string';
const isNumber: Rule = (value) => typeof value === 'number';
const isCount: Rule = (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0;
const isType: Rule = (value) => TYPES.has(value);
const isSchema: Rule = (value) => typeof value === 'boolean' || isObject(value);
const areNames: Rule = (value) => Array.isArray(value) && value.every((name) => typeof name === 'string');
const areSchemas: Rule = (value, draft) =>
  Array.isArray(value) && value.length > 0 && value.every((one) => isSchema(one, draft));
const mapOf =
  (rule: Rule): Rule =>
  (value, draft) =>
    isObject(value) && Object.values(value).every((one) => one !== undefined && rule(one, draft));
/** In draft 4 it says of the limit beside it whether that one is meant to be reached. */
const isExclusive: Rule = (value, draft) => typeof value === (draft === '4' ? 'boolean' : 'number');

/**
 * The keywords that decide on a value, and what they may be: the meta-schemas of JSON Schema
 * (https://json-schema.org/specification-links). More lenient where that changes no answer's verdict: names may
 * stand twice, lists of them be empty, and `items` a list in every draft.
 */
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['$id', isString],
  ['$ref', isString],
  ['$anchor', isString],
  ['type', (value, draft) => (Array.isArray(value) ? areTypes(value, draft) : isType(value, draft))],
  ['enum', (value) => Array.isArray(value)],
  ['pattern', isString],
  ['format', isString],
  ['multipleOf', (value) => typeof value === 'number' && value > 0],
  ['minimum', isNumber],
  ['maximum', isNumber],
  ['exclusiveMinimum', isExclusive],
  ['exclusiveMaximum', isExclusive],
  ['uniqueItems', (value) => typeof value === 'boolean'],
  ['required', areNames],
  ['dependentRequired', mapOf(areNames)],
  ['dependencies', mapOf((value, draft) => isSchema(value, draft) || areNames(value, draft))],
  ['items', (value, draft) => isSchema(value, draft) || areSchemas(value, draft)],
  ...[
    'minLength',
    'maxLength',
    'minItems',
    'maxItems',
    'minContains',
    'maxContains',
    'minProperties',
    'maxProperties',
  ].map((name): [string, Rule] => [name, isCount]),
  ...['allOf', 'anyOf', 'oneOf', 'prefixItems'].map((name): [string, Rule] => [name, areSchemas]),
  ...Object.keys(schemaMapKeyword).map((name): [string, Rule] => [name, mapOf(isSchema)]),
  ...Object.keys(schemaKeyword)
    .filter((name) => name !== 'items')
    .map((name): [string, Rule] => [name, isSchema]),
]);

function areTypes(value: readonly Json[], draft: SchemaDraft): boolean {
  return value.length > 0 && value.every((one) => isType(one, draft));
}

/**
 * Whether a schema is one: no keyword in it has a value that means nothing, for which answers would be blamed.
 * What stands under a name that is no keyword is looked at where a reference leads there. The time is linear.
 * @param lookup places by their addresses, as the validator reads the schema.
 */
export function isWellFormed(
  schema: JsonObject,
  draft: SchemaDraft,
  lookup: Readonly<Record<string, unknown>>,
): boolean {
  const places = new Set<unknown>([schema]);
  // A set is gone through with what is added meanwhile.
  for (const place of places) {
    if (!isObject(place)) continue;
    for (const [name, value] of Object.entries(place)) {
      if (value === undefined) continue;
      if (RULES.get(name)?.(value, draft) === false) return false;
      if (schemaKeyword[name]) places.add(value);
      if (schemaArrayKeyword[name]) for (const one of asArray(value)) places.add(one);
      if (schemaMapKeyword[name] || name === 'dependencies') {
        for (const one of Object.values(asObject(value) ?? {})) places.add(one);
      }
    }
    const target = asString(place.__absolute_ref__);
    if (target !== undefined) places.add(lookup[target]);
  }
  return true;
}
