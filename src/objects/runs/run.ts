import type { AnswerLog } from './answer-log.ts';
import type { AnswerHead } from './types.ts';

/** What was given up may still say what it has cost, milliseconds. */
const REPORT_WITHIN_MS = 5_000;

/** Someone who reads the answer of a run. */
export interface Reader {
  /** Bytes that were read. */
  at: number;
}

export interface RunOptions {
  fingerprint: string;
  token: string;
  log: AnswerLog;
  /** It goes on so long without a reader, milliseconds; null is to its end. */
  graceMs: number | null;
  /** Of a larger answer only what its readers have yet to read is gathered; null is of none. */
  maxBytes: number | null;
  /** Asks for the answer. */
  ask(signal: AbortSignal): Promise<Response>;
  /** Called before readers see the end. */
  onWhole(run: Run): void;
  /** The answer is too large to be remembered. */
  onOverflow(run: Run): void;
}

/**
 * One request on its way through the gateway, read by this object for whoever asks: readers come and go, and the
 * request goes on for a grace time when nobody is left.
 */
export class Run {
  readonly #options: RunOptions;
  readonly #controller = new AbortController();
  readonly #readers = new Set<Reader>();
  readonly #head = Promise.withResolvers<AnswerHead>();
  readonly #settled = Promise.withResolvers<void>();
  readonly #reported = Promise.withResolvers<void>();
  #moved = Promise.withResolvers<void>();
  #grace: ReturnType<typeof setTimeout> | undefined;
  #body: ReadableStreamDefaultReader<Uint8Array> | null = null;
  #given: AnswerHead | null = null;
  #overflowed = false;
  /** Nobody may join any more. */
  closed = false;
  /** Nobody waited for it, and it was ended. */
  givenUp = false;
  /** The gateway said that this answer is none. */
  failed = false;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#head.promise.catch(() => {});
  }

  get fingerprint(): string {
    return this.#options.fingerprint;
  }

  get token(): string {
    return this.#options.token;
  }

  get log(): AnswerLog {
    return this.#options.log;
  }

  /** @throws what the request failed with, when there is no answer at all. */
  get head(): Promise<AnswerHead> {
    return this.#head.promise;
  }

  /** Settles when all of the answer is there, or no more will come, or it is too large to be gathered. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** The head, once it is there. */
  get given(): AnswerHead | null {
    return this.#given;
  }

  /** Runs to the end, and never rejects. Then nothing more is heard of it. */
  async run(): Promise<void> {
    const { log } = this.#options;
    try {
      const response = await this.#options.ask(this.#controller.signal);
      this.#given = { status: response.status, headers: [...response.headers] };
      this.#head.resolve(this.#given);
      await this.#read(response.body?.getReader() ?? null);
      this.#options.onWhole(this);
      this.closed = true;
      log.end('whole');
    } catch (cause) {
      this.#head.reject(cause);
      this.closed = true;
      log.end('broken');
      this.#settled.resolve();
      await Promise.race([this.#reported.promise, sleep(REPORT_WITHIN_MS)]);
    }
    this.#settled.resolve();
    clearTimeout(this.#grace);
  }

  /** The gateway has said what becomes of it. @param failed it is no answer, and costs nothing. */
  report(failed: boolean): void {
    this.failed ||= failed;
    this.#reported.resolve();
  }

  /** Ends it, as nobody wants it any more. */
  stop(): void {
    if (!this.closed) this.#giveUp();
  }

  enter(): Reader {
    clearTimeout(this.#grace);
    const reader = { at: 0 };
    this.#readers.add(reader);
    return reader;
  }

  leave(reader: Reader): void {
    if (!this.#readers.delete(reader)) return;
    this.#moved.resolve();
    if (this.#readers.size > 0 || this.closed) return;
    const { graceMs } = this.#options;
    if (this.#overflowed) this.#giveUp();
    else if (graceMs !== null) this.#grace = setTimeout(() => this.#giveUp(), graceMs);
  }

  /** Writes the answer from its start, then live. Ends when it ends, or when who reads it has gone. */
  async pump(reader: Reader, writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    const { log } = this.#options;
    writer.closed.catch(() => this.leave(reader));
    try {
      for (;;) {
        const bytes = log.read(reader.at);
        if (bytes) {
          await writer.write(bytes);
          reader.at += bytes.byteLength;
          this.#moved.resolve();
        } else if (log.state === 'open') {
          await log.changed();
        } else if (log.state === 'whole') {
          return await writer.close();
        } else {
          return await writer.abort(new Error('The answer broke off'));
        }
      }
    } catch {
      // Who read it has gone.
    } finally {
      this.leave(reader);
    }
  }

  async #read(body: ReadableStreamDefaultReader<Uint8Array> | null): Promise<void> {
    const { log, maxBytes } = this.#options;
    this.#body = body;
    while (body) {
      const { value, done } = await body.read();
      if (this.#controller.signal.aborted) throw new Error('Nobody waits for it');
      if (done) return;
      if (!this.#overflowed && maxBytes !== null && log.size + value.byteLength > maxBytes) {
        this.#overflowed = true;
        this.#settled.resolve();
        this.#options.onOverflow(this);
      }
      if (this.#overflowed) await this.#caughtUp();
      log.append(value);
    }
  }

  /** What is too large to be kept is read as fast as the slowest reader reads. */
  async #caughtUp(): Promise<void> {
    const { log } = this.#options;
    while ([...this.#readers].some(({ at }) => at < log.size)) {
      this.#moved = Promise.withResolvers();
      await this.#moved.promise;
    }
    if (this.#readers.size === 0) throw this.#giveUp();
    log.forget();
  }

  #giveUp(): Error {
    this.closed = true;
    this.givenUp = true;
    const reason = new Error('Nobody waits for it');
    this.#controller.abort(reason);
    this.#body?.cancel(reason).catch(() => {});
    return reason;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
