import type { JsonObject } from '../../../../lib/json.ts';
import type { PassedItem } from '../../../native.ts';
import type { Item, Place } from './place.ts';

/** An item that came in this format and was passed on as it came. */
export class Passed implements Item {
  closed: boolean;
  readonly #place: Place;
  readonly #item: JsonObject;

  constructor(place: Place, { item, done }: PassedItem) {
    this.#place = place;
    this.#item = item;
    this.closed = done;
  }

  /** Whoever wrote it has left: what is missing of it never comes. */
  close(): void {
    this.closed = true;
    this.#place.say('response.output_item.done', { output_index: this.#place.index, item: this.json() });
  }

  json(): JsonObject {
    return this.#item.status === 'in_progress' ? { ...this.#item, status: 'incomplete' } : this.#item;
  }
}
