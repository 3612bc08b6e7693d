import { asObject, asString, isObject, type JsonObject, parseJson } from '../../../lib/json.ts';

/** A tool call while its pieces come in. */
export interface PendingCall {
  id: string;
  name: string;
  /** All pieces so far. */
  text: string;
  state: 'waiting' | 'open' | 'closed';
}

/**
 * Puts the calls of an answer one behind the other. Blocks of the Messages API never overlap, whereas pieces of
 * chat completions' calls are told apart by an index and may come mixed: a call that begins while another is not
 * whole waits for it.
 */
export class Calls {
  readonly #calls = new Map<number, PendingCall>();
  readonly #idPrefix: string;

  /** @param idPrefix for calls that come without an id. */
  constructor(idPrefix: string) {
    this.#idPrefix = idPrefix;
  }

  /** Takes a piece. @returns the call that it belongs to, and the text that is new. */
  take(index: number, piece: JsonObject): { call: PendingCall; added: string } {
    let call = this.#calls.get(index);
    if (!call) {
      call = { id: `${this.#idPrefix}_${index}`, name: '', text: '', state: 'waiting' };
      this.#calls.set(index, call);
    }
    const fn = asObject(piece.function);
    const added = asString(fn?.arguments) ?? '';
    call.id = asString(piece.id) || call.id;
    call.name = call.name || (asString(fn?.name) ?? '');
    call.text += added;
    return { call, added };
  }

  /** The next call that waits and can be told. @param last no more pieces will come. */
  next(last: boolean): PendingCall | undefined {
    return [...this.#calls.values()].find((call) => call.state === 'waiting' && (last || call.name !== ''));
  }
}

/** Whether the arguments of a call are whole, as far as their text tells. */
export function isWhole({ text }: PendingCall): boolean {
  return isObject(parseJson(text));
}
