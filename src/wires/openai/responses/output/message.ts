import { asArray, asNumber, asString, isObject, type Json, type JsonObject } from '../../../../lib/json.ts';
import type { PassedItem } from '../../../native.ts';
import type { Item, ItemStatus, Place } from './place.ts';

interface Part {
  kind: 'output_text' | 'refusal';
  text: string;
  /** Where its text begins within the text of the whole answer, UTF-16 units. */
  start: number;
  annotations: JsonObject[];
  logprobs: JsonObject[];
  closed?: true;
}

/** A message of the output: text, and what the model refused. */
export class Message implements Item {
  closed = false;
  readonly #place: Place;
  readonly #parts: Part[] = [];
  #status: ItemStatus | null = null;

  /** @param begun what of it another has written, and where that begins within the text of the whole answer. */
  constructor(place: Place, begun?: { passed: PassedItem; start: number }) {
    this.#place = place;
    if (begun) {
      this.#parts.push(...passedParts(begun.passed, begun.start));
      return;
    }
    const { id, index, say } = place;
    const item = { id, type: 'message', status: 'in_progress', role: 'assistant', content: [] };
    say('response.output_item.added', { output_index: index, item });
  }

  /**
   * @param start where the piece stands in the text of the whole answer.
   * @param logprobs `content` of the choice's `logprobs`.
   */
  text(piece: string, start: number, logprobs: Json | undefined): void {
    const part = this.#part('output_text', start);
    const told = asArray(logprobs).filter(isObject);
    part.text += piece;
    for (const entry of told) part.logprobs.push(partLogprob(entry));
    this.#say('response.output_text.delta', { delta: piece, logprobs: told.map(eventLogprob) });
  }

  refusal(piece: string): void {
    this.#part('refusal', 0).text += piece;
    this.#say('response.refusal.delta', { delta: piece });
  }

  /** Where its text begins within the text of the whole answer; null while it has none. */
  get start(): number | null {
    return this.#parts.find(({ kind }) => kind === 'output_text')?.start ?? null;
  }

  /**
   * Notes a citation of its text.
   * @param annotation with offsets within the text of the whole answer.
   */
  annotate(annotation: JsonObject): void {
    const start = asNumber(annotation.start_index) ?? 0;
    const parts = this.#parts.filter(({ kind }) => kind === 'output_text');
    const part = parts.findLast((candidate) => candidate.start <= start) ?? parts[0];
    if (!part) return;
    const within = (offset: Json | undefined): number => Math.max(0, (asNumber(offset) ?? 0) - part.start);
    const note = {
      ...annotation,
      start_index: within(annotation.start_index),
      end_index: within(annotation.end_index),
    };
    part.annotations.push(note);
    if (this.closed || part !== this.#parts.at(-1)) return;
    const place = { annotation_index: part.annotations.length - 1, annotation: note };
    this.#say('response.output_text.annotation.added', place);
  }

  close(status: ItemStatus): void {
    this.#closePart();
    this.closed = true;
    this.#status = status;
    const { index, say } = this.#place;
    say('response.output_item.done', { output_index: index, item: this.json(status) });
  }

  json(status: ItemStatus): JsonObject {
    return {
      id: this.#place.id,
      type: 'message',
      status: this.#status ?? status,
      role: 'assistant',
      content: this.#parts.map(partJson),
    };
  }

  /** The part that goes on, or a new one. */
  #part(kind: Part['kind'], start: number): Part {
    const last = this.#parts.at(-1);
    if (last?.kind === kind && !last.closed) return last;
    this.#closePart();
    const part: Part = { kind, text: '', start, annotations: [], logprobs: [] };
    this.#parts.push(part);
    this.#say('response.content_part.added', { part: partJson(part) });
    return part;
  }

  #closePart(): void {
    const part = this.#parts.at(-1);
    if (!part || part.closed) return;
    if (part.kind === 'refusal') this.#say('response.refusal.done', { refusal: part.text });
    else {
      const logprobs = part.logprobs.map(eventLogprob);
      this.#say('response.output_text.done', { text: part.text, logprobs });
    }
    this.#say('response.content_part.done', { part: partJson(part) });
  }

  /** Says an event of the last part. */
  #say(type: string, members: JsonObject): void {
    const { id, index, say } = this.#place;
    say(type, { item_id: id, output_index: index, content_index: this.#parts.length - 1, ...members });
  }
}

function passedParts({ parts, partOpen }: PassedItem, from: number): Part[] {
  let start = from;
  return parts.map((given, index) => {
    const kind = given.type === 'refusal' ? 'refusal' : 'output_text';
    const text = asString(kind === 'refusal' ? given.refusal : given.text) ?? '';
    const part: Part = {
      kind,
      text,
      start,
      annotations: asArray(given.annotations).filter(isObject),
      logprobs: asArray(given.logprobs).filter(isObject),
    };
    if (kind === 'output_text') start += text.length;
    return partOpen && index === parts.length - 1 ? part : { ...part, closed: true };
  });
}

function partJson({ kind, text, annotations, logprobs }: Part): JsonObject {
  if (kind === 'refusal') return { type: kind, refusal: text };
  return { type: kind, text, annotations: [...annotations], logprobs: [...logprobs] };
}

/** Chat completions have null where a token has no bytes, a response an empty list. */
function partLogprob({ token, logprob, bytes, top_logprobs: top }: JsonObject): JsonObject {
  const others = asArray(top)
    .filter(isObject)
    .map((other) => ({ token: other.token, logprob: other.logprob, bytes: other.bytes ?? [] }));
  return { token, logprob, bytes: bytes ?? [], top_logprobs: others };
}

function eventLogprob({ token, logprob, top_logprobs: top }: JsonObject): JsonObject {
  const others = asArray(top)
    .filter(isObject)
    .map((other) => ({ token: other.token, logprob: other.logprob }));
  return { token, logprob, top_logprobs: others };
}
