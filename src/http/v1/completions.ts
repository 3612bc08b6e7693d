import { inCompletionsFormat } from '../../gateway/formats/completions-format.ts';
import type { HttpContext } from '../context.ts';
import { complete } from './complete.ts';

/** POST /v1/completions: a chat completion in the format of OpenAI's legacy completions. */
export function createCompletion(c: HttpContext): Promise<Response> {
  return complete(c, inCompletionsFormat, null);
}
