import type { Surface } from '../../surfaces.ts';
import { CompletionStream, wholeCompletion } from './answer.ts';
import { readCompletionRequest } from './request.ts';

/** OpenAI's legacy completions (https://platform.openai.com/docs/api-reference/completions), by translation. */
export const completions: Surface = {
  id: 'completions',
  read(body) {
    const { chat, dropped, echo, includeUsage } = readCompletionRequest(body);
    return {
      chat,
      dropped,
      whole: (completion, labels) => wholeCompletion(completion, labels, echo),
      stream: (labels) => new CompletionStream(labels, { echo, includeUsage }),
    };
  },
  error: (error) => ({ error }),
};
