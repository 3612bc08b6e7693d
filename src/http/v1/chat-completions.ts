import { CHAT_PLACES } from '../../gateway/files/places.ts';
import { inOwnFormat } from '../../gateway/formats/surfaces.ts';
import type { HttpContext } from '../context.ts';
import { complete } from './complete.ts';

/** POST /v1/chat/completions */
export function chatCompletions(c: HttpContext): Promise<Response> {
  return complete(c, inOwnFormat, CHAT_PLACES);
}
