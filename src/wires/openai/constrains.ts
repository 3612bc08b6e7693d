import { asObject } from '../../lib/json.ts';
import type { ChatRequest } from '../types.ts';

/** A schema binds where the request says `strict`; without it, it is advice. */
export function constrains(request: ChatRequest): boolean {
  const format = asObject(request.body().response_format);
  if (format?.type === 'json_object') return true;
  return format?.type === 'json_schema' && asObject(format.json_schema)?.strict === true;
}
