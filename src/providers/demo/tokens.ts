import { asArray, asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';
import { textOf } from './messages.ts';
import type { DemoRequest, Piece } from './types.ts';

/** No demo model says more than this in one choice. */
export const MAX_OUTPUT_TOKENS = 4096;

/** What a message costs beside its text, as with OpenAI's models. */
const TOKENS_PER_MESSAGE = 3;
/** What an image, a file or audio costs, whatever its size. */
const TOKENS_PER_ATTACHMENT = 85;

/** The demo provider's tokens: a word of at most 16 characters with the white space before it. */
const TOKEN = /\s*\S{1,16}|\s+/gu;

/** Cuts a text into tokens; joined they are the text again. */
export function tokensOf(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

/** Pieces that say a text, one per token. */
export function say(kind: 'reasoning' | 'text', text: string): Piece[] {
  return tokensOf(text).map((token) => ({ kind, text: token }));
}

/**
 * Tokens of the prompt: the text of the messages, their tool calls, 3 per message, 85 per part that is
 * not text, and the tools and the response format as JSON.
 */
export function promptTokens(request: DemoRequest): number {
  let tokens = count(request.tools) + (request.responseFormat ? count(request.responseFormat) : 0);
  for (const message of request.messages) {
    const { content, tool_calls: calls } = asObject(message) ?? {};
    tokens += TOKENS_PER_MESSAGE + tokensOf(textOf(content)).length + count(asArray(calls));
    const attachments = asArray(content).filter((part) => asString(asObject(part)?.text) === undefined);
    tokens += attachments.length * TOKENS_PER_ATTACHMENT;
  }
  return tokens;
}

function count(value: Json[] | JsonObject): number {
  if (Array.isArray(value) && value.length === 0) return 0;
  return tokensOf(JSON.stringify(value)).length;
}

/** `usage` in OpenAI's shape; every piece that was said is a token. Nothing is ever cached. */
export function usageOf(prompt: number, said: readonly Piece[]): JsonObject {
  const reasoning = said.filter((piece) => piece.kind === 'reasoning').length;
  return {
    prompt_tokens: prompt,
    completion_tokens: said.length,
    total_tokens: prompt + said.length,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
