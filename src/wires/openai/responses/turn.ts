import { asString, type JsonObject } from '../../../lib/json.ts';
import type { Said } from './content.ts';
import { TEXT_NAMES, type TextName } from './reasoning.ts';

/** Reasoning on its way back into a message. */
export interface Recalled {
  texts: Partial<Record<TextName, string>>;
  details: readonly JsonObject[];
}

/** One message of the assistant, put together from the items of an answer. */
export class Turn {
  /** The response that its items are of, where that is known. */
  readonly stem: string | null;
  /** Where its first item stands. */
  readonly at: string;
  readonly #texts: JsonObject[] = [];
  #refusal: string | null = null;
  readonly #thoughts: Partial<Record<TextName, string>> = {};
  readonly #details: JsonObject[] = [];
  readonly #images: JsonObject[] = [];
  readonly #calls: JsonObject[] = [];

  constructor(stem: string | null, at: string) {
    this.stem = stem;
    this.at = at;
  }

  /** Whether another message of the assistant belongs to it: one of the same answer, or one while calls are open. */
  takes(stem: string | null): boolean {
    const hasText = this.#texts.length > 0 || this.#refusal !== null;
    return !hasText || this.#calls.length > 0 || this.isOf(stem);
  }

  isOf(stem: string | null): boolean {
    return stem !== null && stem === this.stem;
  }

  say({ texts, refusal }: Said): void {
    this.#texts.push(...texts);
    if (refusal !== null) this.#refusal = (this.#refusal ?? '') + refusal;
  }

  call(call: JsonObject): void {
    this.#calls.push(call);
  }

  /** @returns the image as its message has it. */
  show(url: string): JsonObject {
    const image = { type: 'image_url', image_url: { url }, index: this.#images.length };
    this.#images.push(image);
    return image;
  }

  recall({ texts, details }: Recalled): void {
    for (const name of TEXT_NAMES) {
      const text = texts[name];
      if (text !== undefined) this.#thoughts[name] = (this.#thoughts[name] ?? '') + text;
    }
    this.#details.push(...details);
  }

  message(): JsonObject {
    const message: JsonObject = { role: 'assistant', content: this.#content() };
    if (this.#refusal !== null) message.refusal = this.#refusal;
    Object.assign(message, this.#thoughts);
    if (this.#details.length > 0) message.reasoning_details = this.#details;
    if (this.#images.length > 0) message.images = this.#images;
    if (this.#calls.length > 0) message.tool_calls = this.#calls;
    return message;
  }

  /** One text, unless a part says more than its text. */
  #content(): string | JsonObject[] | null {
    if (this.#texts.length === 0) return null;
    const plain = this.#texts.every((part) => Object.keys(part).length === 2);
    return plain ? this.#texts.map((part) => asString(part.text) ?? '').join('') : this.#texts;
  }
}
