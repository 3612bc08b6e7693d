/** What a piece in storage holds, bytes: below the limit of a stored value, 2 MB. */
const PIECE_BYTES = 512 * 1024;

/**
 * The body of an answer as it comes, for any number of readers that read from wherever they are. All but its end
 * lies in storage, so that memory holds little of it.
 */
export class AnswerLog {
  readonly #kv: SyncKvStorage;
  readonly #name: string;
  readonly #onStored: () => void;
  /** Bytes of each piece in storage. */
  readonly #stored: number[] = [];
  /** What is not in storage, and where that begins. */
  #tail: Uint8Array[] = [];
  #tailStart = 0;
  #size = 0;
  #stores = true;
  #state: 'open' | 'whole' | 'broken' = 'open';
  #changed = Promise.withResolvers<void>();

  /**
   * @param name names its pieces in storage.
   * @param onStored called with the first piece.
   */
  constructor(kv: SyncKvStorage, name: string, onStored: () => void = () => {}) {
    this.#kv = kv;
    this.#name = name;
    this.#onStored = onStored;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Whether more may come, all has come, or no more will come though that is not all. */
  get state(): 'open' | 'whole' | 'broken' {
    return this.#state;
  }

  append(bytes: Uint8Array): void {
    this.#tail.push(bytes);
    this.#size += bytes.byteLength;
    if (this.#stores && this.#size - this.#tailStart >= 2 * PIECE_BYTES) this.#store(PIECE_BYTES);
    this.#wake();
  }

  /** Puts what is still in memory into storage. @returns the bytes of each piece. */
  storeAll(): number[] {
    this.#store(1);
    return this.#stored;
  }

  /** All readers have read everything, and nobody will read it again: from now on nothing is stored. */
  forget(): void {
    this.#stores = false;
    this.#tail = [];
    this.#tailStart = this.#size;
  }

  end(state: 'whole' | 'broken'): void {
    if (this.#state !== 'open') return;
    this.#state = state;
    this.#wake();
  }

  /** The next bytes from a position; null when there are none yet, or no more. */
  read(at: number): Uint8Array | null {
    if (at >= this.#size) return null;
    if (at < this.#tailStart) return readPiece(this.#kv, this.#name, this.#stored, at);
    // Readers that keep up are near the end.
    let first = this.#tail.length;
    let start = this.#size;
    while (first > 0 && start > at) start -= this.#tail[--first]?.byteLength ?? 0;
    const pieces = this.#tail.slice(first);
    const bytes = pieces.length === 1 && pieces[0] ? pieces[0] : joined(pieces);
    return bytes.subarray(at - start);
  }

  /** Settles when more has come, or nothing more will. */
  changed(): Promise<void> {
    return this.#changed.promise;
  }

  #store(least: number): void {
    const all = joined(this.#tail);
    let at = 0;
    if (this.#stored.length === 0) this.#onStored();
    while (all.byteLength - at >= least) {
      const piece = all.slice(at, at + PIECE_BYTES);
      this.#kv.put(pieceKey(this.#name, this.#stored.length), piece);
      this.#stored.push(piece.byteLength);
      at += piece.byteLength;
    }
    this.#tail = at < all.byteLength ? [all.subarray(at)] : [];
    this.#tailStart += at;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** The bytes in storage from a position to the end of their piece; null behind the last. */
export function readPiece(
  kv: SyncKvStorage,
  name: string,
  sizes: readonly number[],
  at: number,
): Uint8Array | null {
  let start = 0;
  for (const [index, size] of sizes.entries()) {
    if (at < start + size) {
      const piece = kv.get<Uint8Array>(pieceKey(name, index));
      if (!piece) throw new Error('A piece of a remembered answer is missing');
      return piece.subarray(at - start);
    }
    start += size;
  }
  return null;
}

/** Writes all that is in storage, and closes the writer. */
export async function writePieces(
  kv: SyncKvStorage,
  name: string,
  sizes: readonly number[],
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  for (const index of sizes.keys()) {
    const piece = kv.get<Uint8Array>(pieceKey(name, index));
    if (!piece) break;
    await writer.write(piece);
  }
  await writer.close();
}

export function deletePieces(kv: SyncKvStorage, name: string): void {
  for (const [key] of [...kv.list({ prefix: `piece/${name}/` })]) kv.delete(key);
}

function pieceKey(name: string, index: number): string {
  return `piece/${name}/${index}`;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((size, piece) => size + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}
