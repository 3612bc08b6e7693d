import { asObject, asString, type JsonObject, parseJson } from '../../../../lib/json.ts';
import type { Item, ItemStatus, Place } from './place.ts';

/** What the two kinds of calls are called. */
const WORDS = {
  function: {
    type: 'function_call',
    input: 'arguments',
    event: 'response.function_call_arguments',
  },
  custom: { type: 'custom_tool_call', input: 'input', event: 'response.custom_tool_call_input' },
} as const;

export type CallKind = keyof typeof WORDS;

/** The kind of a tool call, told by its first piece. */
export function kindOf(piece: JsonObject): CallKind {
  return piece.type === 'custom' || asObject(piece.custom) ? 'custom' : 'function';
}

/** A call of a tool. */
export class ToolCall implements Item {
  closed = false;
  readonly #place: Place;
  readonly #kind: CallKind;
  readonly #callId: string;
  #name: string;
  #input = '';
  #status: ItemStatus | null = null;

  /**
   * @param piece the first piece of the call, as chat completions have it.
   * @param callId the id for a call that has none.
   */
  constructor(place: Place, kind: CallKind, piece: JsonObject, callId: string) {
    this.#place = place;
    this.#kind = kind;
    this.#callId = asString(piece.id) || callId;
    this.#name = asString(asObject(piece[kind])?.name) ?? '';
    const item = { ...this.#item(), ...(kind === 'function' ? { status: 'in_progress' } : {}) };
    place.say('response.output_item.added', { output_index: place.index, item });
    this.take(piece);
  }

  take(piece: JsonObject): void {
    const called = asObject(piece[this.#kind]);
    // Some hosts say the name with every piece.
    this.#name ||= asString(called?.name) ?? '';
    const text = asString(called?.[WORDS[this.#kind].input]) ?? '';
    if (text === '') return;
    this.#input += text;
    this.#say('delta', { delta: text });
  }

  /** Whether nothing is missing in it, as far as that shows. */
  get whole(): boolean {
    return this.#kind === 'custom' || parseJson(this.#input) !== undefined;
  }

  close(status: ItemStatus): void {
    // A function without parameters is called with none, and arguments are JSON.
    if (this.#kind === 'function' && this.#input === '' && status === 'completed') {
      this.take({ function: { arguments: '{}' } });
    }
    this.closed = true;
    this.#status = status;
    const { index, say } = this.#place;
    const { input } = WORDS[this.#kind];
    const named = this.#kind === 'function' ? { name: this.#name } : {};
    this.#say('done', { ...named, [input]: this.#input });
    say('response.output_item.done', { output_index: index, item: this.json(status) });
  }

  json(status: ItemStatus): JsonObject {
    if (this.#kind === 'custom') return this.#item();
    return { ...this.#item(), status: this.#status ?? status };
  }

  #item(): JsonObject {
    const { type, input } = WORDS[this.#kind];
    return { id: this.#place.id, type, call_id: this.#callId, name: this.#name, [input]: this.#input };
  }

  #say(what: 'delta' | 'done', members: JsonObject): void {
    const { id, index, say } = this.#place;
    say(`${WORDS[this.#kind].event}.${what}`, { item_id: id, output_index: index, ...members });
  }
}
