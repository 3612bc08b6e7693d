import type { JsonObject } from '../../../../lib/json.ts';
import { joinDetails, sealThought, type TextName } from '../reasoning.ts';
import type { Item, Place } from './place.ts';

/** A reasoning item: what the provider shows of its reasoning is the summary. */
export class Reasoning implements Item {
  closed = false;
  readonly #place: Place;
  #name: TextName | null = null;
  readonly #details: JsonObject[] = [];
  #summary: string | null = null;
  #sealed: string | null = null;

  constructor(place: Place) {
    this.#place = place;
    place.say('response.output_item.added', { output_index: place.index, item: this.json() });
  }

  /** @param name the member of the message that held the text. */
  text(piece: string, name: TextName): void {
    if (this.#summary === null) {
      this.#summary = '';
      this.#say('response.reasoning_summary_part.added', { part: { type: 'summary_text', text: '' } });
    }
    this.#summary += piece;
    this.#name = name;
    this.#say('response.reasoning_summary_text.delta', { delta: piece });
  }

  /** What the provider wants back with its reasoning. */
  details(details: readonly JsonObject[]): void {
    this.#details.push(...details);
  }

  close(): void {
    if (this.#summary !== null) {
      const text = this.#summary;
      this.#say('response.reasoning_summary_text.done', { text });
      this.#say('response.reasoning_summary_part.done', { part: { type: 'summary_text', text } });
    }
    this.closed = true;
    const details = joinDetails(this.#details);
    this.#sealed = sealThought({ name: details.length > 0 ? null : this.#name, details });
    const { index, say } = this.#place;
    say('response.output_item.done', { output_index: index, item: this.json() });
  }

  json(): JsonObject {
    const summary = this.#summary === null ? [] : [{ type: 'summary_text', text: this.#summary }];
    const item: JsonObject = { id: this.#place.id, type: 'reasoning', summary };
    if (this.#sealed !== null) item.encrypted_content = this.#sealed;
    return item;
  }

  #say(type: string, members: JsonObject): void {
    const { id, index, say } = this.#place;
    say(type, { item_id: id, output_index: index, summary_index: 0, ...members });
  }
}
