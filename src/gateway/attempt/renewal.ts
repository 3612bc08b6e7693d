import { keepReservation, RENEW_EVERY_MS } from '../admit.ts';
import type { Call } from '../types.ts';

/** Keeps what a request has reserved while an answer is searched for, however many calls that takes. */
export class Renewal {
  readonly #call: Call;
  #keptAt = Date.now();

  constructor(call: Call) {
    this.#call = call;
  }

  /** Until it has to be kept, milliseconds. */
  get dueMs(): number {
    return Math.max(0, this.#keptAt + RENEW_EVERY_MS - Date.now());
  }

  /** Keeps it, when it is time. */
  tick(): void {
    if (this.dueMs > 0) return;
    this.#keptAt = Date.now();
    keepReservation(this.#call);
  }
}
