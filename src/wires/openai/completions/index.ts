import type { JsonObject } from '../../../lib/json.ts';
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

function requestOf({ chat, dropped, echo, includeUsage }: CompletionRequest): SurfaceRequest {
  return {
    chat,
    dropped,
    whole: (completion, labels) => wholeCompletion(completion, labels, echo),
    stream: (labels) => new CompletionStream(labels, { echo, includeUsage }),
  };
}
