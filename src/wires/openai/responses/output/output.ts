import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../../../lib/json.ts';
import type { PassedItem } from '../../../native.ts';
import { type ItemKind, itemId } from '../ids.ts';
import { TEXT_NAMES } from '../reasoning.ts';
import { kindOf, ToolCall } from './call.ts';
import { Picture } from './image.ts';
import { Message } from './message.ts';
import { Passed } from './passed.ts';
import type { Item, ItemStatus, Place, Say } from './place.ts';
import { Reasoning } from './reasoning.ts';

/**
 * The output of one response, made of deltas of a chat completion. One item is open at a time, as with OpenAI;
 * calls whose arguments are not whole stay open beside others, since hosts may mix their pieces.
 */
export class Output {
  readonly #stem: string;
  readonly #say: Say;
  readonly #items: Item[] = [];
  readonly #calls = new Map<number, ToolCall>();
  #reasoning: Reasoning | null = null;
  #message: Message | null = null;
  /** What providers want back that came when no reasoning was open: it is put before the next item, or last. */
  #late: JsonObject[] = [];
  /** UTF-16 units of text so far. */
  #length = 0;

  constructor(stem: string, say: Say) {
    this.#stem = stem;
    this.#say = say;
  }

  /** Goes on behind items that another has written: text within the last of them, where that is an open message. */
  adopt(items: readonly PassedItem[]): void {
    for (const [index, passed] of items.entries()) {
      const place: Place = { id: asString(passed.item.id) ?? '', index, say: this.#say };
      const isOpenMessage = passed.item.type === 'message' && !passed.done;
      const item = isOpenMessage
        ? new Message(place, { passed, start: this.#length })
        : new Passed(place, passed);
      this.#length += passed.parts.reduce((sum, part) => sum + (asString(part.text) ?? '').length, 0);
      this.#items.push(item);
      this.#message = item instanceof Message ? item : null;
    }
  }

  /**
   * Takes a delta, or a whole message.
   * @param logprobs those of the choice.
   */
  take(delta: JsonObject, logprobs: Json | undefined): void {
    this.#think(delta);
    const content = asString(delta.content);
    if (content) {
      this.#open().text(content, this.#length, asObject(logprobs)?.content);
      this.#length += content.length;
    }
    const refusal = asString(delta.refusal);
    if (refusal) this.#open().refusal(refusal);
    for (const note of asArray(delta.annotations)) {
      const citation = urlCitation(note);
      if (citation) this.#annotate(citation);
    }
    for (const image of asArray(delta.images)) {
      const url = asString(asObject(asObject(image)?.image_url)?.url);
      if (url) this.#show(url);
    }
    for (const [position, piece] of asArray(delta.tool_calls).entries()) {
      if (isObject(piece)) this.#call(piece, asNumber(piece.index) ?? position);
    }
  }

  /** Closes what is open. */
  close(status: ItemStatus): void {
    for (const item of this.#items) if (!item.closed) item.close(status);
    this.#sayLate();
  }

  /** The items; `status` is that of those that are not closed. */
  json(status: ItemStatus): JsonObject[] {
    return this.#items.map((item) => item.json(status));
  }

  #think(delta: JsonObject): void {
    const name = TEXT_NAMES.find((candidate) => asString(delta[candidate]));
    const details = asArray(delta.reasoning_details).filter(isObject);
    if (name) {
      if (!this.#reasoning || this.#reasoning.closed) {
        this.#settle();
        this.#reasoning = this.#begin('rs', (place) => new Reasoning(place));
      }
      this.#reasoning.text(asString(delta[name]) ?? '', name);
    }
    if (this.#reasoning && !this.#reasoning.closed) this.#reasoning.details(details);
    else this.#late.push(...details);
  }

  /** The message that is open, or a new one. */
  #open(): Message {
    if (this.#message && !this.#message.closed) return this.#message;
    this.#settle();
    this.#message = this.#begin('msg', (place) => new Message(place));
    return this.#message;
  }

  /** Notes a citation where it begins. */
  #annotate(citation: JsonObject): void {
    const begin = asNumber(citation.start_index) ?? 0;
    const messages = this.#items.filter((item) => item instanceof Message);
    messages.findLast(({ start }) => start !== null && start <= begin)?.annotate(citation);
  }

  #show(url: string): void {
    this.#settle();
    this.#begin('ig', (place) => new Picture(place, url));
  }

  #call(piece: JsonObject, index: number): void {
    const known = this.#calls.get(index);
    if (known) {
      if (!known.closed) known.take(piece);
      return;
    }
    this.#settle();
    const kind = kindOf(piece);
    const callId = `call_${this.#stem}_${this.#items.length}`;
    const make = (place: Place): ToolCall => new ToolCall(place, kind, piece, callId);
    this.#calls.set(index, this.#begin(kind === 'custom' ? 'ctc' : 'fc', make));
  }

  /** Makes room for another item. */
  #settle(): void {
    for (const item of this.#items) {
      if (!item.closed && (!(item instanceof ToolCall) || item.whole)) item.close('completed');
    }
    this.#sayLate();
  }

  #sayLate(): void {
    if (this.#late.length === 0) return;
    const item = this.#begin('rs', (place) => new Reasoning(place));
    item.details(this.#late);
    this.#late = [];
    item.close();
  }

  #begin<T extends Item>(kind: ItemKind, make: (place: Place) => T): T {
    const index = this.#items.length;
    const item = make({ id: itemId(kind, this.#stem, index), index, say: this.#say });
    this.#items.push(item);
    return item;
  }
}

/** A citation of a chat completion as a response has it; null for annotations of other kinds, which have no place. */
function urlCitation(note: Json): JsonObject | null {
  const given = asObject(note);
  if (given?.type !== 'url_citation') return null;
  const cited = asObject(given.url_citation) ?? given;
  const url = asString(cited.url);
  if (!url) return null;
  return {
    ...cited,
    type: 'url_citation',
    url,
    title: asString(cited.title) ?? '',
    start_index: asNumber(cited.start_index) ?? 0,
    end_index: asNumber(cited.end_index) ?? 0,
  };
}
