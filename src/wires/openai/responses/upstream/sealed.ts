import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '../../../../lib/json.ts';
import type { Dropped } from '../dropped.ts';

/** Names the origin of a reasoning detail, as OpenRouter does, so that reasoning returns to its maker only. */
export const REASONING_FORMAT = 'openai-responses-v1';

/** What of an answer stood before a reasoning item: UTF-16 units of text, and calls. */
export interface Place {
  text: number;
  calls: number;
}

/** A piece of a summary, or of open reasoning, in OpenRouter's shape (https://openrouter.ai/docs/use-cases/reasoning-tokens). */
export function shownDetail(index: number, kind: 'summary' | 'text', piece: string): JsonObject {
  return { type: `reasoning.${kind}`, [kind]: piece, format: REASONING_FORMAT, index };
}

/** The item that a summary before it belongs to, sealed. Where it did not stand first is our addition to the shape. */
export function sealedDetail(index: number, data: string, id: string | undefined, place: Place): JsonObject {
  const detail: JsonObject = { type: 'reasoning.encrypted', data };
  if (id !== undefined) detail.id = id;
  detail.format = REASONING_FORMAT;
  detail.index = index;
  if (place.text > 0 || place.calls > 0) detail.after = { ...place };
  return detail;
}

/** A reasoning item on its way back, and where in the answer it stood. */
export interface Recalled {
  item: JsonObject;
  place: Place;
}

/**
 * The reasoning items of an assistant message, in order. Pieces of one summary, as streams give them, are put together.
 * A summary that nothing sealed follows says nothing to a host that stores nothing; it is reported, as is what came from
 * another kind of model.
 */
export function recalledItems(message: JsonObject, dropped: Dropped): Recalled[] {
  const details = asArray(message.reasoning_details);
  const found: Recalled[] = [];
  let summary = '';
  let open = '';
  const settle = (): void => {
    if (open !== '') found.push({ item: openItem(open), place: { text: 0, calls: 0 } });
    if (summary !== '') dropped.add('messages.reasoning_details');
    summary = '';
    open = '';
  };
  for (const entry of details) {
    const detail = asObject(entry);
    const data = asString(detail?.data);
    if (!detail || detail.format !== REASONING_FORMAT) dropped.add('messages.reasoning_details');
    else if (detail.type === 'reasoning.summary') summary += asString(detail.summary) ?? '';
    else if (detail.type === 'reasoning.text') open += asString(detail.text) ?? '';
    else if (detail.type === 'reasoning.encrypted' && data) {
      found.push({ item: sealedItem(detail, data, summary, open), place: placeOf(detail) });
      summary = '';
      open = '';
    } else dropped.add('messages.reasoning_details');
  }
  settle();
  const isBare = details.length === 0 && (message.reasoning || message.reasoning_content);
  // The same text is in the details; without them nobody knows whose thoughts they were.
  if (isBare) dropped.add('messages.reasoning');
  return found;
}

function sealedItem(detail: JsonObject, data: string, summary: string, open: string): JsonObject {
  const id = asString(detail.id);
  return {
    type: 'reasoning',
    ...(id === undefined ? {} : { id }),
    summary: summary === '' ? [] : [{ type: 'summary_text', text: summary }],
    ...(open === '' ? {} : { content: [{ type: 'reasoning_text', text: open }] }),
    encrypted_content: data,
  };
}

/** Reasoning that its host shows, and takes back, as it is. */
function openItem(text: string): JsonObject {
  return { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text }] };
}

function placeOf(detail: JsonObject): Place {
  const after = isObject(detail.after) ? detail.after : {};
  return { text: asNumber(after.text) ?? 0, calls: asNumber(after.calls) ?? 0 };
}
