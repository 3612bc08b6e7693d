import { asArray, asObject, asString, isObject, type Json } from '../../lib/json.ts';
import { isFile } from '../../lib/multipart/types.ts';
import { charactersOf, measuredMs, uncountedSound } from '../../wires/audio.ts';
import type { StreamState, Usage, WireRequest } from '../../wires/types.ts';
import { NO_USAGE } from '../../wires/usage.ts';

/** Characters per token, of English text and code; others differ, which is why estimates are marked. */
export const CHARS_PER_TOKEN = 4;

/** What an image, a sound or a file counts for, whatever its size: its bytes say little of its tokens. */
const TOKENS_PER_ATTACHMENT = 1000;

/**
 * The usage of an answer that was cut before the provider counted: what it had told so far, and an
 * estimate from the text for the rest; without a state, of one that had not begun. Marked as estimated.
 */
export function estimateUsage(
  request: WireRequest,
  state?: Pick<StreamState, 'usage' | 'outputChars' | 'hostedCalls'>,
): Usage {
  const known = state?.usage;
  const outputTokens = Math.max(
    known?.outputTokens ?? 0,
    Math.ceil((state?.outputChars ?? 0) / CHARS_PER_TOKEN),
  );
  return {
    ...NO_USAGE,
    ...(request.kind === 'rerank' && { searches: estimateSearches(request) }),
    ...(state?.hostedCalls && { toolCalls: state.hostedCalls }),
    ...known,
    inputTokens: known?.inputTokens ?? promptTokens(request),
    outputTokens,
    estimated: true,
  };
}

/** So many documents are one search, and so many tokens one document: https://docs.cohere.com/docs/how-does-cohere-pricing-work. */
const DOCUMENTS_PER_SEARCH = 100;
const TOKENS_PER_DOCUMENT = 500;

/** Searches that a reranker may bill for a request: long documents count as several. */
export function estimateSearches(request: WireRequest): number {
  const { query, documents } = request.body();
  const asked = charsIn(query);
  const parts = asArray(documents).map((document) =>
    Math.max(1, Math.ceil((asked + charsIn(document)) / CHARS_PER_TOKEN / TOKENS_PER_DOCUMENT)),
  );
  return Math.ceil(parts.reduce((sum, count) => sum + count, 0) / DOCUMENTS_PER_SEARCH);
}

function charsIn(document: Json | undefined): number {
  return textIn(document).length;
}

/** Bytes of UTF-8, of which other scripts than Latin have more to a character, as they have tokens. */
function bytesIn(document: Json | undefined): number {
  return Buffer.byteLength(textIn(document));
}

/** A text, or that of a document. */
function textIn(document: Json | undefined): string {
  return asString(document) ?? asString(asObject(document)?.text) ?? '';
}

/**
 * The usage of an answer that the client gave up, or did not wait for: what its provider had told, or what the request
 * itself tells. Null where that is nothing.
 */
export function usageOfUnfinished(request: WireRequest, told: Usage | null = null): Usage | null {
  switch (request.kind) {
    case 'speech':
      return told ?? { ...uncountedSound({ characters: charactersOf(request) }, null), estimated: true };
    case 'transcription': {
      const audioMs = measuredMs(request);
      return told ?? (audioMs === null ? null : { ...uncountedSound({ audioMs }, null), estimated: true });
    }
    case 'image':
      return told;
    default:
      return estimateUsage(request);
  }
}

/** Bytes per token of a request's JSON: fewer than of its text, so that the estimate is rather too high. */
const BYTES_PER_TOKEN = 3;

/** Larger bodies are parsed by few wires, and not only to count them. */
const COUNTED_BYTES = 256 * 1024;

/**
 * What a picture that is given to be edited comes to at most: 65 and 129 tokens for each tile, and 6,240 more where it
 * is kept in its details (https://platform.openai.com/docs/guides/images-vision#gpt-image-1).
 */
const TOKENS_PER_GIVEN_PICTURE = 7_000;

/** Made once for a request: routing and admission both ask. */
const estimates = new WeakMap<WireRequest, number>();

/** What the input of a request may come to at most, tokens, as far as its size tells. */
export function estimateInputTokens(request: WireRequest): number {
  let estimate = estimates.get(request);
  if (estimate === undefined) {
    estimate = sizeInTokens(request);
    estimates.set(request, estimate);
  }
  return estimate;
}

function sizeInTokens(request: WireRequest): number {
  const { byteLength } = request.bytes;
  const bySize = Math.ceil(byteLength / BYTES_PER_TOKEN);
  if (request.kind === 'embedding' || request.kind === 'moderation') {
    return Math.min(bySize, Math.ceil(promptTokens(request) * 1.5));
  }
  if (request.kind === 'image') {
    const { prompt, images, mask } = request.body();
    const given =
      (request.form ?? []).filter(isFile).length + asArray(images).length + (isObject(mask) ? 1 : 0);
    return Math.ceil(bytesIn(prompt) / BYTES_PER_TOKEN) + given * TOKENS_PER_GIVEN_PICTURE;
  }
  // The query is read with each document, and so it is billed.
  if (request.kind === 'rerank') {
    const { query, documents } = request.body();
    const texts = asArray(documents);
    const bytes = texts.reduce<number>(
      (sum, document) => sum + bytesIn(document),
      bytesIn(query) * texts.length,
    );
    return Math.ceil(bytes / BYTES_PER_TOKEN);
  }
  if (byteLength > COUNTED_BYTES) return bySize;
  const own = byteLength > 4096 ? Math.min(bySize, Math.ceil(promptTokens(request) * 1.5)) : bySize;
  return own + linked(asArray(request.body().messages)) * TOKENS_PER_ATTACHMENT;
}

/** Attachments that are given by an address, which says nothing of their size. */
function linked(messages: readonly Json[]): number {
  let count = 0;
  for (const message of messages) {
    if (!isObject(message) || !Array.isArray(message.content)) continue;
    for (const part of message.content) {
      const { url } = asObject(isObject(part) ? part.image_url : undefined) ?? {};
      if (typeof url === 'string' && !url.startsWith('data:')) count++;
    }
  }
  return count;
}

/** What is longer is no address, characters. */
const LONGEST_LINK = 8_000;

/** Members that carry data and no text: of images, of sounds and files, in the parts of messages. */
const DATA = new Set(['url', 'image_url', 'data', 'file_data']);

function promptTokens(request: WireRequest): number {
  let chars = 0;
  let attachments = 0;
  // Only there are numbers the tokens themselves.
  const counts = request.kind === 'embedding';
  let tokens = 0;
  const walk = (value: Json | undefined, name: string): void => {
    if (typeof value === 'string') {
      if (DATA.has(name) && (value.length > LONGEST_LINK || value.startsWith('data:'))) attachments++;
      else chars += value.length;
    } else if (counts && typeof value === 'number') {
      tokens++;
    } else if (Array.isArray(value)) {
      for (const item of value) walk(item, name);
    } else if (isObject(value)) {
      for (const [member, item] of Object.entries(value)) walk(item, member);
    }
  };
  const body = request.body();
  walk(body, '');
  if (request.kind === 'rerank')
    chars += charsIn(body.query) * Math.max(0, asArray(body.documents).length - 1);
  attachments += (request.form ?? []).filter(isFile).length;
  return tokens + Math.ceil(chars / CHARS_PER_TOKEN) + attachments * TOKENS_PER_ATTACHMENT;
}
