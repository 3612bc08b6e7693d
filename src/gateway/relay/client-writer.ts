import { GatewayError } from '../../errors.ts';

/**
 * Writes are not awaited one by one, since each awaited promise wakes JavaScript once more; after this
 * many bytes one is, which is the back-pressure of a client that reads slowly.
 */
const UNAWAITED_BYTES = 64 * 1024;

/** The way to the client of a stream. */
export class ClientWriter {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #encoder = new TextEncoder();
  #unawaited = 0;
  /** Unix milliseconds. */
  lastWriteAt = Date.now();

  /** @param onGone called when the client has gone, also while nothing is written. */
  constructor(writable: WritableStream<Uint8Array>, onGone: () => void) {
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(onGone);
  }

  /**
   * Answers a promise only when the writer has fallen behind: it rejects with `client_closed_request`.
   * @param at when what is written came in, Unix milliseconds.
   */
  write(data: string | Uint8Array, at: number): Promise<void> | undefined {
    if (data.length === 0) return undefined;
    const bytes = typeof data === 'string' ? this.#encoder.encode(data) : data;
    this.lastWriteAt = at;
    const written = this.#writer.write(bytes);
    this.#unawaited += bytes.byteLength;
    if (this.#unawaited > UNAWAITED_BYTES) {
      this.#unawaited = 0;
      return written.catch((cause: unknown) => {
        throw new GatewayError('client_closed_request', { cause });
      });
    }
    written.catch(ignore);
    return undefined;
  }

  /** Writes a comment. */
  say(comment: string): void {
    this.lastWriteAt = Date.now();
    this.#writer.write(this.#encoder.encode(comment)).catch(ignore);
  }

  /** Ends what is whole. Rejects when the client has gone. */
  close(): Promise<void> {
    return this.#writer.close();
  }

  /** Breaks the connection, so that nobody takes what was sent for a whole answer. Never rejects. */
  abort(): Promise<void> {
    return this.#writer.abort().catch(ignore);
  }
}

/** A write that fails closes the writer, and that is what is listened to. */
function ignore(): void {}
