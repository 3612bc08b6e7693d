import type { JsonObject } from '../../../lib/json.ts';
import { type MemberNames, Origins, paramName } from '../../param-names.ts';
import type { Surface, SurfaceRequest } from '../../surfaces.ts';
import { CompletionStream, wholeCompletion } from './answer.ts';
import { type CompletionRequest, readCompletionRequest } from './request.ts';
import { sketchCompletion } from './sketch.ts';

/** OpenAI's legacy completions (https://platform.openai.com/docs/api-reference/completions), for its clients. */
export const completions: Surface = {
  id: 'completions',
  read: (body) => requestOf(readCompletionRequest(body)),
  sketch(body: JsonObject) {
    const sketch = sketchCompletion(body);
    if (!sketch) return null;
    const { chat, prompts } = sketch;
    return { ...requestOf({ chat, dropped: [], echo: '', includeUsage: false }), prompts };
  },
  error: (error) => ({ error }),
};

/** What members of chat completions are called here, where that is another name. */
const NAMES: MemberNames = {
  messages: 'prompt',
  max_completion_tokens: 'max_tokens',
  top_logprobs: 'logprobs',
};

/** Its one value of parts is the prompt, which has none. */
const ORIGINS = new Origins();

function requestOf({ chat, dropped, echo, includeUsage }: CompletionRequest): SurfaceRequest {
  return {
    chat,
    dropped,
    paramOf: (param) => paramName(param, chat, ORIGINS, NAMES),
    whole: (completion, labels) => wholeCompletion(completion, labels, echo),
    stream: (labels) => new CompletionStream(labels, { echo, includeUsage }),
  };
}
