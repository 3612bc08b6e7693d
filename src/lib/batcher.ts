/**
 * Gathers items that arrive close together and delivers them in one call, in order of arrival.
 * Whoever adds the first item of a batch gets the promise of its delivery and must keep it alive
 * (`ctx.waitUntil`): I/O belongs to the request that starts it, so nobody else waits on it.
 */
export class Batcher<T> {
  readonly #send: (items: T[]) => Promise<void>;
  readonly #delayMs: number;
  readonly #retryAfterMs: readonly number[];
  #open: T[] | null = null;

  /**
   * @param send delivers a batch; must be idempotent, as it is repeated after a failure.
   * @param retryAfterMs waits before each repetition; after the last one a delivery rejects.
   */
  constructor(
    send: (items: T[]) => Promise<void>,
    delayMs: number,
    retryAfterMs: readonly number[] = [50, 200, 1000, 3000],
  ) {
    this.#send = send;
    this.#delayMs = delayMs;
    this.#retryAfterMs = retryAfterMs;
  }

  /** Puts an item in the open batch. Answers the delivery when this item opened it. */
  add(item: T): Promise<void> | undefined {
    if (this.#open) {
      this.#open.push(item);
      return undefined;
    }
    const batch = [item];
    this.#open = batch;
    return this.#deliver(batch);
  }

  /**
   * Delivers the open batch now; the caller keeps the delivery alive, and may wait for it. Undefined when there
   * is none.
   */
  flush(): Promise<void> | undefined {
    const batch = this.#open;
    if (!batch) return undefined;
    this.#open = null;
    return this.#sendAll(batch);
  }

  async #deliver(batch: T[]): Promise<void> {
    await sleep(this.#delayMs);
    // It was flushed by somebody who could not wait.
    if (this.#open !== batch) return;
    // From here on new items open a batch of their own.
    this.#open = null;
    await this.#sendAll(batch);
  }

  async #sendAll(batch: T[]): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#send(batch);
      } catch (error) {
        const wait = this.#retryAfterMs[attempt];
        if (wait === undefined) throw error;
        await sleep(wait);
      }
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
