import type { Env } from '../../env.ts';
import { readFile } from '../../files/read.ts';
import type { StoredFile } from '../../files/types.ts';

/** Lines that follow each other are read together, up to so many bytes. */
const BLOCK_BYTES = 64 * 1024;

/** A part of a file that is being read. */
interface Block {
  start: number;
  end: number;
  bytes: Promise<Uint8Array>;
}

/** Reads lines of a file, mostly in their order: those that lie near each other by one call. */
export class ReadAhead {
  readonly #env: Env;
  readonly #file: StoredFile;
  #last: Block | null = null;

  constructor(env: Env, file: StoredFile) {
    this.#env = env;
    this.#file = file;
  }

  /** @throws GatewayError `not_found` where the file was deleted meanwhile, `storage_unavailable`. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (length > BLOCK_BYTES) return await this.#fetch(offset, length);
    const end = offset + length;
    let block = this.#last;
    if (!block || offset < block.start || end > block.end) {
      const size = Math.min(BLOCK_BYTES, this.#file.bytes - offset);
      block = { start: offset, end: offset + size, bytes: this.#fetch(offset, size) };
      this.#last = block;
    }
    try {
      return (await block.bytes).subarray(offset - block.start, end - block.start);
    } catch (thrown) {
      // Who comes next asks anew.
      if (this.#last === block) this.#last = null;
      throw thrown;
    }
  }

  async #fetch(offset: number, length: number): Promise<Uint8Array> {
    const body = await readFile(this.#env, this.#file, { offset, length });
    return new Uint8Array(await new Response(body).arrayBuffer());
  }
}
