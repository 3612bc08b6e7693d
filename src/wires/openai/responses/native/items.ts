import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '../../../../lib/json.ts';
import type { PassedItem } from '../../../native.ts';

/** An item while its events come. */
interface Item {
  item: JsonObject;
  done: boolean;
  parts: JsonObject[];
  partOpen: boolean;
}

/** The items of a response, as its events have told of them so far. */
export class Items {
  /** By `output_index`. */
  readonly #items = new Map<number, Item>();

  get passed(): PassedItem[] {
    return [...this.#items.entries()].toSorted(([a], [b]) => a - b).map(([, item]) => item);
  }

  /** The arguments of calls that are whole. */
  get calls(): string[] {
    return this.passed.flatMap(({ item, done }) =>
      done && item.type === 'function_call' ? [asString(item.arguments) ?? ''] : [],
    );
  }

  /** `response.output_item.added` */
  add(event: JsonObject): JsonObject {
    const item = asObject(event.item) ?? {};
    this.#items.set(placeOf(event), { item, done: false, parts: [], partOpen: false });
    return item;
  }

  /** `response.output_item.done` */
  done(event: JsonObject): void {
    const item = asObject(event.item) ?? {};
    // Where the text of what follows begins depends on that of messages.
    const parts = item.type === 'message' ? asArray(item.content).filter(isObject) : [];
    this.#items.set(placeOf(event), { item, done: true, parts, partOpen: false });
  }

  /** `response.content_part.added` */
  addPart(event: JsonObject): void {
    const item = this.#items.get(placeOf(event));
    if (!item) return;
    item.parts.push({ ...asObject(event.part) });
    item.partOpen = true;
  }

  /** `response.content_part.done`, whose part its deltas have told already. */
  closePart(event: JsonObject): void {
    const item = this.#items.get(placeOf(event));
    if (item) item.partOpen = false;
  }

  /** A delta of text or of a refusal. */
  say(event: JsonObject, member: 'text' | 'refusal'): void {
    const item = this.#items.get(placeOf(event));
    const part = item?.parts[asNumber(event.content_index) ?? 0];
    if (part) part[member] = (asString(part[member]) ?? '') + (asString(event.delta) ?? '');
  }

  /** `response.output_text.annotation.added` */
  annotate(event: JsonObject): void {
    const part = this.#items.get(placeOf(event))?.parts[asNumber(event.content_index) ?? 0];
    if (part) part.annotations = [...asArray(part.annotations), event.annotation ?? null];
  }
}

function placeOf(event: JsonObject): number {
  return asNumber(event.output_index) ?? 0;
}
