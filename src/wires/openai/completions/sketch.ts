import type { Json, JsonObject } from '../../../lib/json.ts';
import type { ChatBody } from '../../types.ts';
import { type Prompt, promptsOf } from './prompt.ts';
import { OF_CHAT, READ } from './request.ts';

/** What routing goes by of a completion. */
export interface Sketch {
  chat: ChatBody;
  /** How many prompts it has. */
  prompts: number;
}

/**
 * What routing goes by of a completion that no chat completion can say: who is asked, roughly how much it says, and
 * the most that may come of it. Null for one that no host of the API could serve either.
 */
export function sketchCompletion(body: JsonObject): Sketch | null {
  const { max_tokens: limit, n, best_of: bestOf, logprobs, echo, suffix } = body;
  const prompts = promptsOf(body.prompt);
  if (!prompts || Object.keys(OF_CHAT).some((name) => body[name] != null)) return null;
  if (![limit, n, bestOf, logprobs].every((number) => number == null || isCount(number))) return null;
  if (echo != null && typeof echo !== 'boolean') return null;
  if (suffix != null && typeof suffix !== 'string') return null;
  const answers = Number(n ?? 1);
  if (bestOf != null && Number(bestOf) < answers) return null;
  const chat: JsonObject = {};
  for (const [name, value] of Object.entries(body)) {
    if (!READ.has(name) && value !== null) chat[name] = value;
  }
  if (body.stream_options != null) chat.stream_options = body.stream_options;
  // Without an answer the prompt alone is scored; limits begin at 1.
  if (limit != null) chat.max_completion_tokens = Math.max(1, Number(limit));
  // As many texts as are written, though only the best of them come. None is for the gateway to refuse.
  chat.n = answers && Math.max(answers, Number(bestOf ?? 1)) * prompts.length;
  chat.messages = [...prompts, ...(suffix ? [suffix] : [])].map((prompt) => ({
    role: 'user',
    content: roughText(prompt),
  }));
  return { chat: chat as ChatBody, prompts: prompts.length };
}

function isCount(value: Json): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

/** A text as it is; tokens as a text of four characters each, which is what a token is estimated by. */
function roughText(prompt: Prompt): string {
  if (typeof prompt === 'string') return prompt;
  return prompt.map((token) => String(token % 10_000).padStart(4, '0')).join('');
}
