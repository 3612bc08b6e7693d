import { GatewayError } from '../../errors.ts';
import { LruMap } from '../../lib/lru.ts';
import type { Policy } from '../../routing/policy/types.ts';
import type { Brake } from '../relay/cutoff.ts';
import type { CallHealth } from '../types.ts';

/** How long a provider that is scaled to zero may take to wake, and what no policy can raise it above. */
const BUDGET_MS = 480_000;
const MOST_MS = 600_000;

/** How often it is asked whether it is there: as it says itself, within these bounds. */
const SOONEST_MS = 1_000;
const LATEST_MS = 15_000;
const USUAL_MS = 5_000;

/** Those who wait for another's call look so often. */
const LOOK_MS = 250;

/** A wake that nobody has asked about for so long is over: who waited has gone. */
const STALE_MS = 60_000;

/** What a caller is told to wait who has waited in vain. */
const RETRY_AFTER_MS = 60_000;

/** Wakes of this isolate, by endpoint: since when, and when it is asked next. Unix milliseconds. */
const wakes = new LruMap<string, { since: number; nextCallAt: number }>(1000);

/** How long a request waits for a provider to wake, milliseconds. */
export function wakeBudget(policy: Policy): number {
  return Math.min(policy.max_wake_ms ?? BUDGET_MS, MOST_MS, policy.total_ms ?? Infinity);
}

/** One request's part in waking a provider. Of all who wait for it one asks at a time; once it answers they all go. */
export class Wake {
  readonly budgetMs: number;
  readonly #brake: Brake;
  readonly #health: CallHealth;
  readonly #tick: () => void;
  /** When this request began to wait, by endpoint. */
  readonly #waitsSince = new Map<string, number>();

  /** @param tick called while it waits. */
  constructor(budgetMs: number, brake: Brake, health: CallHealth, tick: () => void) {
    this.budgetMs = budgetMs;
    this.#brake = brake;
    this.#health = health;
    this.#tick = tick;
  }

  /** The provider is waking, as far as this request knows since then. */
  began(endpointId: string, since: number): void {
    if (!this.#waitsSince.has(endpointId)) this.#waitsSince.set(endpointId, since);
    const known = wakes.get(endpointId);
    if (known && Date.now() - known.nextCallAt < STALE_MS) return;
    wakes.set(endpointId, { since, nextCallAt: since });
    this.#health.waking(endpointId, since);
  }

  /** It has answered. */
  ended(endpointId: string): void {
    if (wakes.size === 0 || !wakes.get(endpointId)) return;
    wakes.delete(endpointId);
    this.#health.waking(endpointId, null);
  }

  /**
   * Waits until this request may ask again.
   * @param saidMs how long the provider says that it takes; 0 when it does not.
   * @throws GatewayError `wake_timeout` when the budget is spent, or the brake's reason.
   */
  async awaitTurn(endpointId: string, saidMs: number): Promise<void> {
    const pause = Math.min(Math.max(saidMs || USUAL_MS, SOONEST_MS), LATEST_MS);
    const since = this.#waitsSince.get(endpointId) ?? Date.now();
    const until = since + this.budgetMs;
    const mine = wakes.get(endpointId);
    if (mine) mine.nextCallAt = Math.max(mine.nextCallAt, Date.now() + pause);
    for (;;) {
      const now = Date.now();
      if (now >= until) throw this.timeout(endpointId, now - since);
      const wake = wakes.get(endpointId);
      if (!wake) return;
      if (now >= wake.nextCallAt) {
        wake.nextCallAt = now + pause;
        return;
      }
      await this.#brake.sleep(Math.min(LOOK_MS, until - now));
      this.#tick();
    }
  }

  /** What a request ends with that has waited in vain. */
  timeout(endpointId: string, waitedMs: number): GatewayError {
    this.ended(endpointId);
    const waited = `${Math.round(waitedMs / 1000)} s`;
    return new GatewayError('wake_timeout', {
      message: `${endpointId} is scaled to zero and was not ready after ${waited}. Nothing was charged.`,
      retryAfterMs: RETRY_AFTER_MS,
    });
  }
}
