import { GatewayError } from '../errors.ts';
import { asObject, isObject, type Json, type JsonObject } from '../lib/json.ts';

/** What an answer is to be, where that is JSON. */
export interface JsonAsked {
  /** Null: any object. */
  schema: JsonObject | null;
  /** What stands around the schema: `name`, `description`, `strict`. */
  definition: JsonObject;
}

/**
 * What the `response_format` of a chat completion asks for; null for text. A `json_schema` without its schema, which
 * is optional, is a `json_object`.
 * @throws GatewayError `invalid_value` for a format that is none.
 */
export function jsonAsked(format: Json | undefined): JsonAsked | null {
  const given = asObject(format);
  if (!given || given.type === 'text') return null;
  if (given.type === 'json_object') return { schema: null, definition: {} };
  const definition = asObject(given.json_schema);
  if (given.type === 'json_schema' && definition) {
    const { schema } = definition;
    if (schema === null || schema === undefined) return { schema: null, definition };
    if (isObject(schema)) return { schema, definition };
  }
  throw new GatewayError('invalid_value', {
    param: 'response_format',
    message: 'A response format is "text", "json_object", or a "json_schema" with its definition.',
  });
}

/**
 * Checks the `response_format` of a chat completion before any host sees it, so that all hosts refuse the same:
 * OpenAI's API demands the definition and its name, and leaves the schema optional
 * (https://platform.openai.com/docs/api-reference/chat/create). What other types mean is the hosts' to say.
 * @throws GatewayError `missing_parameter`, `invalid_type`.
 */
export function checkResponseFormat(format: Json | undefined): void {
  if (format === null || format === undefined) return;
  if (!isObject(format)) throw wrongType('response_format', 'an object');
  if (format.type !== 'json_schema') return;
  const definition = format.json_schema ?? null;
  if (definition === null) throw missing('response_format.json_schema');
  if (!isObject(definition)) throw wrongType('response_format.json_schema', 'an object');
  checkDefinition(definition, 'response_format.json_schema', ['name']);
}

/**
 * Checks what a format says of its schema.
 * @param at where the definition stands in the request as its client sent it.
 * @param demanded the members that the client's format demands.
 * @throws GatewayError `missing_parameter`, `invalid_type`.
 */
export function checkDefinition(
  definition: JsonObject,
  at: string,
  demanded: readonly ('name' | 'schema')[],
): void {
  const { schema = null, name = null } = definition;
  if (schema !== null && !isObject(schema)) throw wrongType(`${at}.schema`, 'an object');
  if (name !== null && typeof name !== 'string') throw wrongType(`${at}.name`, 'a string');
  for (const member of demanded) {
    if ((definition[member] ?? null) === null) throw missing(`${at}.${member}`);
  }
}

function missing(param: string): GatewayError {
  return new GatewayError('missing_parameter', { param, message: `${param} is required.` });
}

function wrongType(param: string, type: string): GatewayError {
  return new GatewayError('invalid_type', { param, message: `${param} must be ${type}.` });
}
