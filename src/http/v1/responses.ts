import { inResponsesFormat } from '../../gateway/responses-format.ts';
import type { HttpContext } from '../context.ts';
import { complete } from './complete.ts';

/** POST /v1/responses: a chat completion in the format of the Responses API. */
export function createResponse(c: HttpContext): Promise<Response> {
  return complete(c, inResponsesFormat);
}
