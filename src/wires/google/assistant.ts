import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';
import type { Calls } from './calls.ts';
import { contentParts, invalid, unsupported } from './content.ts';
import type { Dropped } from './dropped.ts';
import { mediaPart } from './media.ts';
import { ownSignature, readSignatures, type Signatures } from './signatures.ts';

/**
 * An assistant message as parts of a model turn: thoughts, text, images, calls. Each signature goes to
 * the part it came with.
 */
export function assistantParts(
  message: JsonObject,
  at: string,
  calls: Calls,
  dropped: Dropped,
): JsonObject[] {
  if (message.audio)
    throw unsupported(`${at}.audio`, 'Earlier answers in audio cannot be sent to this model.');
  const signatures = readSignatures(message.reasoning_details, dropped);
  const bare = message.reasoning || message.reasoning_content;
  // The same text is in the details; without them nobody knows whose thoughts they were.
  if (bare && asArray(message.reasoning_details).length === 0) dropped.add('messages.reasoning');

  const callParts = functionCalls(message, at, calls, signatures);
  const parts = [
    ...signatures.thoughts,
    ...textParts(message, at, signatures, dropped),
    ...imageParts(message.images, `${at}.images`, signatures),
  ];
  if (callParts.length > 0 && signatures.byCall.size > 0) dropped.add('messages.reasoning_details');
  signLoosely(parts, callParts, signatures);
  return [...parts, ...callParts];
}

/** The content cut where the provider's parts began and ended, so that signed text stays as it was. */
function textParts(message: JsonObject, at: string, signatures: Signatures, dropped: Dropped): JsonObject[] {
  const refusal = asString(message.refusal);
  const rest = refusal ? [{ text: refusal }] : [];
  const text = plainText(message.content);
  const native = nativeParts(message.provider_data);
  if (text === null) {
    signatures.loose.push(...signatures.texts.map(({ signature }) => signature));
    return [...contentParts(message.content, `${at}.content`, dropped), ...rest];
  }
  const parts: JsonObject[] = [];
  let done = 0;
  const take = (to: number, signature?: string): void => {
    if (signature !== undefined) parts.push({ text: text.slice(done, to), thoughtSignature: signature });
    else if (to > done) parts.push({ text: text.slice(done, to) });
    done = to;
  };
  const pieces = [...signatures.texts, ...native].sort((a, b) => a.start - b.start || a.end - b.end);
  for (const piece of pieces) {
    const fits = piece.start >= done && piece.end >= piece.start && piece.end <= text.length;
    if ('part' in piece) {
      // In a text that was changed the part's own words still stand, or were taken out by the caller.
      if (!fits) continue;
      take(piece.start);
      parts.push(piece.part);
      done = piece.end;
    } else if (fits) {
      take(piece.start);
      take(piece.end, piece.signature);
    } else {
      signatures.loose.push(piece.signature);
    }
  }
  take(text.length);
  return [...parts, ...rest];
}

/** Content that is text only, as one string; null when there is something else in it. */
function plainText(content: Json | undefined): string | null {
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return content;
  let text = '';
  for (const part of asArray(content)) {
    const piece = typeof part === 'string' ? part : asString(asObject(part)?.text);
    if (piece === undefined || (isObject(part) && part.type !== 'text')) return null;
    text += piece;
  }
  return text;
}

/** Parts that an earlier answer held and that have no other place in OpenAI's shape. */
function nativeParts(providerData: Json | undefined): { start: number; end: number; part: JsonObject }[] {
  return asArray(asObject(asObject(providerData)?.google)?.parts).flatMap((entry) => {
    const { start, end, part } = asObject(entry) ?? {};
    const from = asNumber(start);
    const to = asNumber(end);
    return from !== undefined && to !== undefined && isObject(part) ? [{ start: from, end: to, part }] : [];
  });
}

function imageParts(images: Json | undefined, at: string, signatures: Signatures): JsonObject[] {
  return asArray(images).map((entry, index) => {
    const image = asObject(entry) ?? {};
    const url = asString(asObject(image.image_url)?.url);
    if (!url) throw invalid(`${at}[${index}].image_url.url`, 'An image needs a URL.');
    const part = mediaPart(url, `${at}[${index}].image_url.url`);
    const signature = ownSignature(image) ?? signatures.byImage.get(index);
    if (signature !== undefined) part.thoughtSignature = signature;
    return part;
  });
}

function functionCalls(message: JsonObject, at: string, calls: Calls, signatures: Signatures): JsonObject[] {
  const parts = asArray(message.tool_calls).map((entry, index) => {
    const call = asObject(entry);
    const named = asObject(call?.function);
    const place = `${at}.tool_calls[${index}]`;
    if (!call || !named) throw unsupported(place, 'Only calls of functions can be sent to this model.');
    const id = asString(call.id) ?? '';
    const part = functionCall(id, named, `${place}.function`, calls);
    const signature = ownSignature(call) ?? signatures.byCall.get(id);
    signatures.byCall.delete(id);
    if (signature !== undefined) part.thoughtSignature = signature;
    return part;
  });
  const legacy = asObject(message.function_call);
  if (legacy) {
    const part = functionCall('', legacy, `${at}.function_call`, calls);
    const [named] = signatures.byCall;
    const signature = ownSignature(legacy) ?? named?.[1];
    if (named) signatures.byCall.delete(named[0]);
    if (signature !== undefined) part.thoughtSignature = signature;
    parts.push(part);
  }
  return parts;
}

function functionCall(id: string, call: JsonObject, at: string, calls: Calls): JsonObject {
  const name = asString(call.name);
  if (!name) throw invalid(`${at}.name`, 'A call needs the name of its function.');
  calls.add(id, name);
  const functionCall: JsonObject = { name, args: callArguments(call.arguments) };
  if (id !== '') functionCall.id = id;
  return { functionCall };
}

/** Arguments as the object that the API wants; text that is none (a cut answer) stays as it is, by a name. */
function callArguments(given: Json | undefined): JsonObject {
  if (isObject(given)) return given;
  const text = asString(given) ?? '';
  if (text.trim() === '') return {};
  return asObject(parseJson(text)) ?? { invalid_json: text };
}

/** Signatures whose part is not named: they were on the text, or came after all of it. */
function signLoosely(parts: JsonObject[], callParts: JsonObject[], signatures: Signatures): void {
  const loose = [...signatures.loose];
  // Other gateways name reasoning by ids of their own, also where there is no call.
  if (callParts.length === 0) loose.push(...signatures.byCall.values());
  for (const signature of loose) {
    const last = parts.at(-1);
    const free =
      last && typeof last.text === 'string' && !last.thought && last.thoughtSignature === undefined;
    if (free) last.thoughtSignature = signature;
    else parts.push({ text: '', thoughtSignature: signature });
  }
}
