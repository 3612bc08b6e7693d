import { asObject, type JsonObject } from '../../lib/json.ts';
import type { ChatRequest } from '../../wires/types.ts';

/** What a request wants its answer to be: JSON that fits a schema, or any JSON object. */
export interface Wanted {
  /** Null: any object. */
  schema: JsonObject | null;
}

/** Null for a request that leaves its answer be. It costs a look at the names of its members. */
export function wantedOf(request: ChatRequest): Wanted | null {
  if (!request.members.some(({ name }) => name === 'response_format')) return null;
  const format = asObject(request.body().response_format);
  if (format?.type === 'json_object') return { schema: null };
  if (format?.type !== 'json_schema') return null;
  // A schema is optional there.
  return { schema: asObject(asObject(format.json_schema)?.schema) ?? null };
}
