import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import type { Dropped } from './dropped.ts';

/** Names the origin of a reasoning detail, as OpenRouter does, so that signatures return to their maker only. */
export const REASONING_FORMAT = 'google-gemini-v1';

/**
 * Stands for the signature of a call that another model made: Gemini 3 refuses a call without any. It is
 * base64 of `skip_thought_signature_validator`, which is documented for the Gemini API
 * (https://ai.google.dev/gemini-api/docs/thought-signatures#faqs) and for Vertex AI
 * (https://cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures#using-rest-or-manual-handling).
 */
export const FOREIGN_SIGNATURE = 'c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=';

/**
 * Where in a message a signed part stands when it is no call: a stretch of the content (offsets in UTF-16
 * units), or one of the images.
 */
export type Place = { kind: 'text'; start: number; end: number } | { kind: 'image'; index: number };

/** A thought summary in OpenRouter's shape (https://openrouter.ai/docs/use-cases/reasoning-tokens). */
export function thoughtDetail(index: number, text: string, signature: string | undefined): JsonObject {
  const detail: JsonObject = { type: 'reasoning.text', text };
  if (signature !== undefined) detail.signature = signature;
  detail.format = REASONING_FORMAT;
  detail.index = index;
  return detail;
}

/** The signature of a call (its id) or of another part (its place, our addition to OpenRouter's shape). */
export function signatureDetail(index: number, data: string, of: string | Place): JsonObject {
  const detail: JsonObject = { type: 'reasoning.encrypted', data };
  detail.id = typeof of === 'string' ? of : null;
  detail.format = REASONING_FORMAT;
  detail.index = index;
  if (typeof of !== 'string') detail.part = { ...of };
  return detail;
}

/** The signature beside a call or an image, as Google's own OpenAI-compatible endpoint carries it. */
export function extraContent(signature: string): JsonObject {
  return { google: { thought_signature: signature } };
}

/** What the reasoning details of an assistant message say about its parts. */
export interface Signatures {
  /** Thought parts, ready to send. */
  thoughts: JsonObject[];
  byCall: Map<string, string>;
  byImage: Map<number, string>;
  texts: { start: number; end: number; signature: string }[];
  /** Of parts that are not named. */
  loose: string[];
}

/**
 * Reads `reasoning_details`. Pieces of one thought, as streams give them, are put together by their
 * `index`. What came from another kind of model means nothing here and is reported.
 */
export function readSignatures(details: Json | undefined, dropped: Dropped): Signatures {
  const found: Signatures = { thoughts: [], byCall: new Map(), byImage: new Map(), texts: [], loose: [] };
  let open: { index: number | undefined; part: JsonObject } | null = null;
  for (const entry of asArray(details)) {
    const detail = asObject(entry);
    const data = asString(detail?.data);
    if (!detail || detail.format !== REASONING_FORMAT) {
      dropped.add('messages.reasoning_details');
    } else if (detail.type === 'reasoning.text') {
      const index = asNumber(detail.index);
      if (!open || index === undefined || open.index !== index) {
        open = { index, part: { text: '', thought: true } };
        found.thoughts.push(open.part);
      }
      open.part.text = `${asString(open.part.text)}${asString(detail.text) ?? ''}`;
      const signature = asString(detail.signature);
      if (signature) open.part.thoughtSignature = signature;
    } else if (detail.type === 'reasoning.encrypted' && data) {
      open = null;
      placeSignature(found, detail, data);
    } else {
      dropped.add('messages.reasoning_details');
    }
  }
  return found;
}

function placeSignature(found: Signatures, detail: JsonObject, signature: string): void {
  const id = asString(detail.id);
  const place = asObject(detail.part);
  const index = asNumber(place?.index);
  const start = asNumber(place?.start);
  const end = asNumber(place?.end);
  if (place?.kind === 'text' && start !== undefined && end !== undefined) {
    found.texts.push({ start, end, signature });
  } else if (place?.kind === 'image' && index !== undefined) {
    found.byImage.set(index, signature);
  } else if (id) {
    found.byCall.set(id, signature);
  } else {
    found.loose.push(signature);
  }
}

/** The signature that stands on a call or image itself. */
export function ownSignature(holder: JsonObject): string | undefined {
  const extra = asObject(asObject(holder.extra_content)?.google);
  return asString(extra?.thought_signature) || undefined;
}

/** Puts the stand-in on the first call of a turn when it has no signature of its own. */
export function signForeignCalls(parts: readonly JsonObject[]): void {
  const first = parts.find((part) => isObject(part.functionCall));
  if (first && first.thoughtSignature === undefined) first.thoughtSignature = FOREIGN_SIGNATURE;
}
