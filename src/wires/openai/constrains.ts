import { asObject, isObject } from '../../lib/json.ts';
import type { ChatRequest } from '../types.ts';

/** A schema binds where the request says `strict`; without it, it is advice. */
export function constrains(request: ChatRequest): boolean {
  const format = asObject(request.body().response_format);
  if (format?.type === 'json_object') return true;
  const definition = format?.type === 'json_schema' ? asObject(format.json_schema) : undefined;
  return definition?.strict === true && isObject(definition.schema);
}
