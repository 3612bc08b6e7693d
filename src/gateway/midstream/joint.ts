import {
  asArray,
  asNumber,
  asObject,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';
import { Overlap } from './overlap.ts';
import type { ContinueHow } from './sent.ts';

/** What a stream began with, and how its continuation was asked for. */
export interface JointOptions {
  /** The text of the first choice as the client has it; '' when it has none. */
  sent: string;
  how: ContinueHow;
  /** `id` and `created` of the chunks that the client has. */
  id: string;
  created: number;
}

/**
 * The joint between a stream that broke and its continuation: takes what the second decoder emits and
 * answers what the client gets, so that both are one stream. The role is not said again, text that the
 * client has already is taken off, and nothing is held back but a beginning that may be such text.
 *
 * What providers want back in later turns (`reasoning_details`, `provider_data`) is left out: it holds for a
 * message that one provider wrote whole.
 */
export class Joint {
  readonly #id: string;
  readonly #created: number;
  readonly #sentLength: number;
  /** Null once the beginning is settled. */
  #overlap: Overlap | null;
  /** The beginning of the text, as long as it may be overlap. */
  #held = '';
  /** The last chunk whose text is held. */
  #holder: JsonObject | null = null;
  #removed = 0;
  #text = '';

  constructor({ sent, how, id, created }: JointOptions) {
    this.#id = id;
    this.#created = created;
    this.#sentLength = sent.length;
    this.#overlap = sent === '' ? null : new Overlap(sent, how);
  }

  /** UTF-16 units of overlap that were taken off. */
  get removed(): number {
    return this.#removed;
  }

  /** The text of the continuation that the client has; what is held is not in it. */
  get text(): string {
    return this.#text;
  }

  /** @param sse whole events as StreamDecoder.push answers them; so is the answer. */
  push(sse: string): string {
    let out = '';
    for (const event of sse.split('\n\n')) {
      const chunk = event.startsWith('data: ') ? parseJson(event.slice(6)) : undefined;
      if (isObject(chunk)) out += this.#chunk(chunk);
    }
    return out;
  }

  /**
   * What is still held of a continuation that has ended, or broken without another that takes over; '' for
   * nothing. Where another does, what is held is better forgotten: it goes on from what the client has.
   */
  end(): string {
    const chunk = this.#holder;
    const content = chunk ? this.#settle('') : '';
    if (!chunk || content === '') return '';
    return written({ ...chunk, choices: [{ index: 0, delta: { content }, finish_reason: null }] });
  }

  #chunk(chunk: JsonObject): string {
    chunk.id = this.#id;
    chunk.created = this.#created;
    const given = asArray(chunk.choices);
    const choices = given.filter((choice) => !isObject(choice) || this.#says(choice, chunk));
    if (given.length > 0 && choices.length === 0) return '';
    return written({ ...chunk, choices });
  }

  /** Changes a choice as the joint demands; false when nothing is left of it. */
  #says(choice: JsonObject, chunk: JsonObject): boolean {
    const delta = asObject(choice.delta) ?? {};
    delete delta.role;
    delete delta.reasoning_details;
    delete delta.provider_data;
    if (Array.isArray(delta.annotations))
      delta.annotations = delta.annotations.map((note) => this.#moved(note));
    const isLast = typeof choice.finish_reason === 'string';
    if (choice.index === 0) {
      if (this.#overlap) this.#begin(delta, chunk, isLast);
      else if (typeof delta.content === 'string') this.#text += delta.content;
    }
    if (delta.content === '') delete delta.content;
    choice.delta = delta;
    return isLast || isObject(choice.logprobs) || Object.values(delta).some((value) => value !== null);
  }

  /** Holds the text of a delta back, or lets it go with what was held before it. */
  #begin(delta: JsonObject, chunk: JsonObject, isLast: boolean): void {
    const text = typeof delta.content === 'string' ? delta.content : '';
    const begun = this.#held + text;
    const isText = !isLast && !delta.tool_calls && !delta.function_call;
    if (isText && (begun === '' || this.#overlap?.isOpen(begun))) {
      this.#held = begun;
      if (text !== '') this.#holder = { ...chunk };
      delete delta.content;
    } else {
      delta.content = this.#settle(text);
    }
  }

  /** Ends the beginning; answers its text without the overlap. */
  #settle(text: string): string {
    const begun = this.#held + text;
    this.#removed = this.#overlap?.length(begun) ?? 0;
    this.#overlap = null;
    this.#held = '';
    this.#holder = null;
    this.#text = begun.slice(this.#removed);
    return this.#text;
  }

  /** A citation counts from the beginning of the whole text. */
  #moved(note: Json): Json {
    if (!isObject(note)) return note;
    const cited = asObject(note.url_citation);
    const [start, end] = [asNumber(cited?.start_index), asNumber(cited?.end_index)];
    if (!cited || start === undefined || end === undefined) return note;
    const by = this.#sentLength - this.#removed;
    const moved = { ...cited, start_index: Math.max(0, start + by), end_index: Math.max(0, end + by) };
    return { ...note, url_citation: moved };
  }
}

function written(chunk: JsonObject): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}
