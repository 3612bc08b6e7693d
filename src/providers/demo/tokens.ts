import { asArray, asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';
import { textOf } from './messages.ts';
import type { DemoRequest, Piece } from './types.ts';

/** No demo model says more than this in one choice. */
export const MAX_OUTPUT_TOKENS = 4096;
/** No demo model reads more than this. */
export const CONTEXT_LENGTH = 1_000_000;

/** What a message costs beside its text, as with OpenAI's models. */
const TOKENS_PER_MESSAGE = 3;
/** What an image, a file or audio costs, whatever its size. */
const TOKENS_PER_ATTACHMENT = 85;

/** The demo provider's tokens: a word of at most 16 characters with the white space before it. */
const TOKEN = /\s*\S{1,16}|\s+/gu;

/** Cuts a text into tokens, at most as many as given; all of them joined are the text again. */
export function tokensOf(text: string, most = Number.POSITIVE_INFINITY): string[] {
  const tokens: string[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    if (tokens.length >= most) break;
    tokens.push(token);
  }
  return tokens;
}

/** How many tokens a text has, without holding them: prompts may be megabytes. */
export function countTokens(text: string): number {
  let tokens = 0;
  for (const _ of text.matchAll(TOKEN)) tokens++;
  return tokens;
}

/** Pieces that say a text, one per token; one more than may be said, at most, so that the cut is seen. */
export function say(kind: 'reasoning' | 'text', text: string): Piece[] {
  return tokensOf(text, MAX_OUTPUT_TOKENS + 1).map((token) => ({ kind, text: token }));
}

/**
 * Tokens of the prompt: the text of the messages, their tool calls, 3 per message, 85 per part that is
 * not text, and the tools and the response format as JSON.
 */
export function promptTokens(request: DemoRequest): number {
  let tokens = countJson(request.tools) + (request.responseFormat ? countJson(request.responseFormat) : 0);
  for (const message of request.messages) {
    const { content, tool_calls: calls } = asObject(message) ?? {};
    tokens += TOKENS_PER_MESSAGE + countTokens(textOf(content)) + countJson(asArray(calls));
    const attachments = asArray(content).filter((part) => asString(asObject(part)?.text) === undefined);
    tokens += attachments.length * TOKENS_PER_ATTACHMENT;
  }
  return tokens;
}

function countJson(value: Json[] | JsonObject): number {
  return Array.isArray(value) && value.length === 0 ? 0 : countTokens(JSON.stringify(value));
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
