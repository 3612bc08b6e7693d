import type { CircuitPosition, CircuitState } from './types.ts';

/** So many failures in a row open it; */
const FAILURES = 3;
/** or one, where nothing has succeeded for so long. */
const QUIET_MS = 5_000;

/** The first cool-down, and the longest; each is twice the one before, give or take a fifth. */
const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
const JITTER = 0.2;

/** A probe that has not ended by then is taken to be lost. */
export const PROBE_MS = 30_000;

const NEW: CircuitState = { failures: 0, level: 0, openedAt: 0, openUntil: 0, closedAt: 0, lastOkAt: 0 };

/**
 * A circuit breaker: closed → open → half-open, where a single probe decides. Times are Unix milliseconds and
 * come from outside, so that a history has one outcome wherever it is replayed.
 */
export class Circuit {
  readonly #random: () => number;
  #state: CircuitState;
  #claimedAt = Number.NEGATIVE_INFINITY;

  constructor(state: CircuitState = NEW, random: () => number = Math.random) {
    this.#state = { ...state };
    this.#random = random;
  }

  get state(): Readonly<CircuitState> {
    return this.#state;
  }

  position(now: number): CircuitPosition {
    if (this.#state.level === 0) return 'closed';
    return now < this.#state.openUntil ? 'open' : 'half_open';
  }

  /** Claims the probe of a half-open circuit: until its outcome, its release or `PROBE_MS` nobody else may. */
  claim(now: number): boolean {
    if (this.position(now) !== 'half_open' || now - this.#claimedAt < PROBE_MS) return false;
    this.#claimedAt = now;
    return true;
  }

  /** The probe ended without an outcome. */
  release(): void {
    this.#claimedAt = Number.NEGATIVE_INFINITY;
  }

  /** Learns how a request ended at `at` that began at `startedAt`. */
  record(isOk: boolean, at: number, startedAt: number): void {
    if (startedAt >= this.#claimedAt) this.#claimedAt = Number.NEGATIVE_INFINITY;
    if (isOk) this.#succeed(at, startedAt);
    else this.#fail(at);
  }

  /** Takes over what others have learned later. */
  adopt(other: CircuitState): void {
    const state = this.#state;
    state.lastOkAt = Math.max(state.lastOkAt, other.lastOkAt);
    if (other.level === 0) {
      if (state.level > 0 && other.closedAt > state.openedAt) this.#close(other.closedAt);
    } else if (other.openedAt > state.closedAt && other.openUntil > state.openUntil) {
      const { level, openedAt, openUntil } = other;
      this.#state = { ...state, level: Math.max(state.level, level), openedAt, openUntil };
    }
  }

  #succeed(at: number, startedAt: number): void {
    const state = this.#state;
    state.lastOkAt = Math.max(state.lastOkAt, at);
    if (state.level === 0) state.failures = 0;
    // A long stream that began before says nothing of whether new requests are served.
    else if (startedAt >= state.openedAt) this.#close(at);
  }

  #close(at: number): void {
    this.#state = { ...NEW, closedAt: at, lastOkAt: this.#state.lastOkAt };
  }

  #fail(at: number): void {
    const state = this.#state;
    // Others of the same outage: it is open already.
    if (state.level > 0 && at < state.openUntil) return;
    state.failures++;
    if (state.level > 0 || state.failures >= FAILURES || at - state.lastOkAt > QUIET_MS) this.#open(at);
  }

  #open(at: number): void {
    const state = this.#state;
    const wait = Math.min(FIRST_MS * 2 ** state.level, LONGEST_MS);
    state.level++;
    state.openedAt = at;
    state.openUntil = at + Math.round(wait * (1 + JITTER * (2 * this.#random() - 1)));
  }
}
