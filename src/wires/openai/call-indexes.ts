import { asNumber, asObject, asString, type JsonObject } from '../../lib/json.ts';

/**
 * The indexes of the tool calls of one streamed choice. Clients put the pieces of a call together by its
 * index; hosts leave it out, or number every call 0, and then calls would run into each other.
 */
export class CallIndexes {
  /** The ids of the calls so far, by index. */
  readonly #ids = new Map<number, string>();
  /** Where the call is that a host means by its own number. */
  readonly #current = new Map<number, number>();
  #last = -1;

  /** The index of the call that a piece belongs to. */
  of(piece: JsonObject): number {
    const id = asString(piece.id) ?? '';
    const said = asNumber(piece.index);
    const index = said === undefined ? this.#unnumbered(piece, id) : this.#numbered(piece, id, said);
    if (id !== '' || !this.#ids.has(index)) this.#ids.set(index, id);
    this.#last = index;
    return index;
  }

  #numbered(piece: JsonObject, id: string, said: number): number {
    const current = this.#current.get(said);
    const known = current === undefined ? undefined : this.#ids.get(current);
    // A second call has a name and another id; hosts that make up an id for every piece name the first only.
    const isOther = known !== undefined && known !== '' && id !== '' && id !== known && isNamed(piece);
    if (current !== undefined && !isOther) return current;
    const index = this.#ids.has(said) ? this.#next() : said;
    this.#current.set(said, index);
    return index;
  }

  #unnumbered(piece: JsonObject, id: string): number {
    for (const [index, known] of this.#ids) {
      if (id !== '' && known === id) return index;
    }
    return isNamed(piece) || this.#last < 0 ? this.#next() : this.#last;
  }

  #next(): number {
    return Math.max(-1, ...this.#ids.keys()) + 1;
  }
}

function isNamed(piece: JsonObject): boolean {
  return Boolean(asString(asObject(piece.function)?.name));
}
