import { GatewayError } from '../../errors.ts';
import type { Policy } from '../../routing/policy/types.ts';
import { keepReservation, RENEW_EVERY_MS } from '../admit.ts';
import { overTime } from '../attempt/time-limits.ts';
import type { Call, Trail } from '../types.ts';
import type { ClientWriter } from './client-writer.ts';
import type { Cutoff } from './cutoff.ts';

/** With nothing to say for this long, a comment keeps the connection alive and shows whether the client is there. */
const PING_AFTER_MS = 2_000;

/** What is watched of a stream. */
export interface Watched {
  /** Of the upstream that runs. */
  cutoff(): Cutoff;
  /** How long it may be silent, milliseconds, with a policy and without. */
  idleMs(policy: Policy): number;
  /** What is said while nothing else is; '' for nothing. */
  comment(): string;
}

/** Looks after a stream several times per idle limit, not per event: is the upstream silent, is the client still there? */
export class StreamWatch {
  lastActivityAt = Date.now();
  /** The client takes no more for now: whatever is late, it is not the upstream. */
  heldBack = false;
  /** What ended the running stream is the caller's own time limit, or that it does not read. */
  cutByCaller = false;
  /** There is an upstream that should be saying something. */
  listening = false;
  readonly #call: Call;
  readonly #trail: Trail;
  readonly #policy: Policy;
  readonly #out: ClientWriter;
  readonly #watched: Watched;
  #renewedAt = Date.now();

  constructor(call: Call, trail: Trail, policy: Policy, out: ClientWriter, watched: Watched) {
    this.#call = call;
    this.#trail = trail;
    this.#policy = policy;
    this.#out = out;
    this.#watched = watched;
  }

  /** Watches while something runs. */
  async during<T>(running: () => Promise<T>): Promise<T> {
    const idleMs = this.#policy.idle_ms ?? this.#call.config.limits.idleMs;
    const timer = setInterval(() => this.#look(), Math.min(PING_AFTER_MS, idleMs) / 4);
    try {
      return await running();
    } finally {
      clearInterval(timer);
    }
  }

  /** An upstream begins. */
  listen(): void {
    this.listening = true;
    this.cutByCaller = false;
    this.lastActivityAt = Date.now();
  }

  /** Waits for a client that has fallen behind. */
  async holdBack(behind: Promise<void>): Promise<void> {
    this.heldBack = true;
    await behind;
    this.heldBack = false;
    this.lastActivityAt = Date.now();
  }

  #look(): void {
    const now = Date.now();
    if (now - this.#renewedAt >= RENEW_EVERY_MS) {
      this.#renewedAt = now;
      keepReservation(this.#call);
    }
    const { brake } = this.#trail;
    const over = brake.reason ? null : overTime(now - this.#call.startedAt, this.#policy);
    if (over) {
      this.cutByCaller = this.heldBack || this.#policy.total_ms !== undefined;
      brake.pull(over);
      // A write that nobody reads would be waited for as long as the connection stands.
      if (this.heldBack) void this.#out.abort();
    }
    if (this.heldBack) return;
    if (this.listening) {
      const idleMs = this.#watched.idleMs(this.#policy);
      if (now - this.lastActivityAt >= idleMs) {
        this.cutByCaller = idleMs < this.#watched.idleMs({});
        const message = 'The provider stopped in the middle of the answer.';
        this.#watched.cutoff().cut(new GatewayError('upstream_timeout', { message }));
        return;
      }
    }
    const comment = now - this.#out.lastWriteAt >= PING_AFTER_MS ? this.#watched.comment() : '';
    if (comment !== '') this.#out.say(comment);
  }
}
