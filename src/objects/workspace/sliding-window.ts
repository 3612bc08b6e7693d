/** The window of every rate, seconds. */
export const WINDOW_S = 60;

/**
 * A sliding window counter in steps of a second. A step counts until all of it is older than the window, so
 * that in no window of sixty seconds, wherever it begins, more than the limit is let in: a fixed window lets
 * in twice as much at its edge, and so does a token bucket as large as its limit.
 */
export class SlidingWindow {
  /** Second (Unix) → amount, in order. */
  readonly #steps = new Map<number, number>();
  #sum = 0;

  /** Puts a stored step back. Steps come in order. */
  restore(second: number, amount: number): void {
    this.#steps.set(second, amount);
    this.#sum += amount;
  }

  /** What counts now. */
  used(now: number): number {
    this.#forget(now);
    return this.#sum;
  }

  /**
   * How long until `amount` more fits under `limit`, milliseconds; 0 when it does. More than the limit
   * itself fits when nothing else counts.
   */
  waitFor(amount: number, limit: number, now: number): number {
    let over = this.used(now) + Math.min(amount, limit) - limit;
    if (over <= 0) return 0;
    for (const [second, count] of this.#steps) {
      over -= count;
      if (over <= 0) return endOf(second) - now;
    }
    return WINDOW_S * 1000;
  }

  /** Until nothing counts any more, milliseconds. */
  resetMs(now: number): number {
    this.#forget(now);
    let last = 0;
    for (const [second, count] of this.#steps) if (count > 0) last = second;
    return last === 0 ? 0 : endOf(last) - now;
  }

  /** Counts an amount now, and answers the step and its new amount, to be stored. */
  add(amount: number, now: number): { second: number; amount: number } {
    this.#forget(now);
    // The clock may step back: steps stay in order.
    const last = [...this.#steps.keys()].at(-1) ?? 0;
    const second = Math.max(Math.floor(now / 1000), last);
    return this.#change(second, amount);
  }

  /** Corrects what was counted at a step; null when that step counts no longer. */
  correct(second: number, difference: number, now: number): { second: number; amount: number } | null {
    this.#forget(now);
    return this.#steps.has(second) ? this.#change(second, difference) : null;
  }

  #change(second: number, difference: number): { second: number; amount: number } {
    const before = this.#steps.get(second) ?? 0;
    const amount = Math.max(0, before + difference);
    this.#steps.set(second, amount);
    this.#sum += amount - before;
    return { second, amount };
  }

  #forget(now: number): void {
    for (const [second, amount] of this.#steps) {
      if (endOf(second) > now) break;
      this.#steps.delete(second);
      this.#sum -= amount;
    }
  }
}

/** When a step counts no longer, Unix milliseconds. */
function endOf(second: number): number {
  return (second + 1 + WINDOW_S) * 1000;
}
