import type { JsonObject } from '../../../../lib/json.ts';
import type { Item, Place } from './place.ts';

/** A picture that the model made, as OpenAI's tool for them gives it. It comes whole. */
export class Picture implements Item {
  readonly closed = true;
  readonly #item: JsonObject;

  /** @param url a data URL, or an address, which is given as it is. */
  constructor({ id, index, say }: Place, url: string) {
    const [header, format] = /^data:image\/([\w.+-]+);base64,/.exec(url) ?? [];
    const item: JsonObject = { id, type: 'image_generation_call', status: 'in_progress', result: null };
    say('response.output_item.added', { output_index: index, item });
    this.#item = { ...item, status: 'completed', result: url.slice(header?.length ?? 0) };
    if (format !== undefined) this.#item.output_format = format;
    say('response.output_item.done', { output_index: index, item: this.#item });
  }

  close(): void {}

  json(): JsonObject {
    return this.#item;
  }
}
