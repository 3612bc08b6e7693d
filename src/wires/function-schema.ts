import { asObject, type Json, type JsonObject } from '../lib/json.ts';

/**
 * The schema of a function's arguments, for APIs that want it and want it to be of an object
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolInputSchema.html,
 * https://platform.claude.com/docs/en/api/messages/create): one that does not say so is of an object all the same.
 */
export function functionSchema(parameters: Json | undefined): JsonObject {
  const given = asObject(parameters);
  if (!given) return { type: 'object', properties: {} };
  return given.type === undefined ? { type: 'object', ...given } : given;
}
