import { asArray, asNumber, asString, isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { exampleNumber } from './number.ts';
import { plainSchema } from './plain.ts';
import { exampleString } from './string.ts';

/** Below this depth only what is required is given, so that schemas that contain themselves end. */
const DEPTH_OF_OPTIONAL = 3;
/** A schema that requires itself has no finite example: it is given up at this depth and size. */
const MAX_DEPTH = 24;
const MAX_VALUES = 5000;

/**
 * A value that fits a JSON schema: the subset that tools and structured output use, which is types,
 * `enum`, `const`, bounds, formats, nested objects and arrays, `$ref` into the same schema, `allOf`,
 * and the first fitting branch of `anyOf` and `oneOf`. A `default` or an example in the schema wins.
 * A `pattern` is met when one of a few common spellings meets it.
 * @param text what free strings are made of, e.g. the user's words.
 */
export function exampleOf(schema: Json, text: string): Json {
  let values = 0;
  const build = (part: Json | undefined, depth: number): Json => {
    if (depth > MAX_DEPTH || ++values > MAX_VALUES) return null;
    const plain = plainSchema(part, schema, depth >= DEPTH_OF_OPTIONAL);
    const given = givenValue(plain);
    if (given !== undefined) return given;
    switch (typeOf(plain)) {
      case 'object':
        return exampleObject(plain, depth, build);
      case 'array':
        return exampleArray(plain, depth, build);
      case 'string':
        return exampleString(plain, text);
      case 'integer':
      case 'number':
        return exampleNumber(plain);
      case 'boolean':
        return true;
      default:
        return null;
    }
  };
  return build(schema, 0);
}

type Build = (part: Json | undefined, depth: number) => Json;

/** A value that the schema itself names. */
function givenValue(schema: JsonObject): Json | undefined {
  if (schema.const !== undefined) return schema.const;
  const choices = asArray(schema.enum);
  const fallback = schema.default ?? undefined;
  if (fallback !== undefined && (choices.length === 0 || choices.includes(fallback))) return fallback;
  if (choices.length > 0) return choices.find((choice) => choice !== null) ?? null;
  return asArray(schema.examples)[0];
}

function typeOf(schema: JsonObject): string {
  const { type } = schema;
  if (Array.isArray(type)) return asString(type.find((one) => one !== 'null')) ?? 'null';
  if (typeof type === 'string') return type;
  if (isObject(schema.properties) || schema.required !== undefined) return 'object';
  if (schema.items !== undefined || schema.prefixItems !== undefined) return 'array';
  if (schema.minimum !== undefined || schema.maximum !== undefined) return 'number';
  return 'string';
}

function exampleObject(schema: JsonObject, depth: number, build: Build): JsonObject {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = asArray(schema.required).filter((name) => typeof name === 'string');
  const optional = depth < DEPTH_OF_OPTIONAL ? Object.keys(properties) : [];
  const entries = [...new Set([...optional, ...required])].map((name): [string, Json] => [
    name,
    // A required name without a schema of its own may hold anything `additionalProperties` allows.
    build(Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

function exampleArray(schema: JsonObject, depth: number, build: Build): Json[] {
  const first = asArray(schema.prefixItems);
  const least = asNumber(schema.minItems) ?? 0;
  const wanted = Math.max(least, depth < DEPTH_OF_OPTIONAL ? 1 : 0, first.length);
  const length = Math.min(wanted, asNumber(schema.maxItems) ?? wanted, MAX_VALUES);
  const choices = asArray(plainSchema(schema.items, {}, false).enum);
  return Array.from({ length }, (_, index) => {
    if (index < first.length) return build(first[index], depth + 1);
    if (schema.uniqueItems !== true || index === 0) return build(schema.items, depth + 1);
    return choices[index] ?? distinct(build(schema.items, depth + 1), index);
  });
}

/** The value made different from those before it, for arrays of unique items. */
function distinct(value: Json, index: number): Json {
  if (typeof value === 'number') return value + index;
  if (typeof value === 'string') return `${value} ${index + 1}`;
  if (typeof value === 'boolean') return index % 2 === 0;
  return value;
}
