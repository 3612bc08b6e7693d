import { LruMap } from '../../lib/lru.ts';
import type { Slack } from '../../objects/workspace/types.ts';

/** What is known longer than this is not relied on, milliseconds. */
const FRESH_MS = 10_000;

/** So many requests of the same size must fit beside it for a request to be comfortable. */
const TIMES = 20;

/** Of each rate, this part is left to requests that ask first. */
const KEPT_PART = 0.2;
const KEPT_REQUESTS = 5;
const KEPT_PLACES = 2;

/** What a request will take of its workspace. */
export interface Demand {
  money: number;
  tokens: number;
}

interface Known {
  slack: Slack | null;
  at: number;
  /** Requests that began without waiting, whose answer is not there yet. */
  pending: { requests: number; money: number; tokens: number };
}

/** What this isolate knows of how much room there is, by workspace and key. */
export class Headroom {
  readonly #known = new LruMap<string, Known>(10_000);

  /** Whether there is so much room that the request will surely be admitted. */
  comfortable(name: string, demand: Demand, now: number): boolean {
    const known = this.#known.get(name);
    if (!known?.slack || now - known.at >= FRESH_MS) return false;
    const { slack, pending } = known;
    return (
      slack.money - pending.money > Math.max(0, demand.money) * TIMES &&
      hasRoom(slack.requests, pending.requests, KEPT_REQUESTS) &&
      hasRoom(slack.tokens, pending.tokens + demand.tokens, 0) &&
      hasRoom(slack.concurrent, pending.requests, KEPT_PLACES)
    );
  }

  /** A request has asked. */
  asked(name: string, demand: Demand): void {
    const { pending } = this.#of(name);
    pending.requests += 1;
    pending.money += demand.money;
    pending.tokens += demand.tokens;
  }

  /** It has been answered: what is left, or null when that is not known. */
  answered(name: string, demand: Demand, slack: Slack | null, now: number): void {
    const known = this.#of(name);
    known.slack = slack;
    known.at = now;
    known.pending.requests -= 1;
    known.pending.money -= demand.money;
    known.pending.tokens -= demand.tokens;
  }

  /** The object has told what is left of money, where nothing else is limited. */
  heard(name: string, money: number, now: number): void {
    const known = this.#of(name);
    known.slack = { money, requests: null, tokens: null, concurrent: null };
    known.at = now;
  }

  #of(name: string): Known {
    let known = this.#known.get(name);
    if (!known) {
      known = { slack: null, at: 0, pending: { requests: 0, money: 0, tokens: 0 } };
      this.#known.set(name, known);
    }
    return known;
  }
}

function hasRoom(left: { remaining: number; limit: number } | null, taken: number, kept: number): boolean {
  return left === null || left.remaining - taken > Math.max(kept, left.limit * KEPT_PART);
}
