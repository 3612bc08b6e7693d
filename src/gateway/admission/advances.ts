import { newId } from '../../lib/id.ts';
import { LruMap } from '../../lib/lru.ts';
import {
  ADVANCE_VALID_MS,
  type Advance,
  type AdvanceRequest,
  type Draw,
  type Scope,
} from '../../objects/workspace/types.ts';

/** After so long an advance makes way for a new one, so that what a request left in it is freed, milliseconds. */
const OLDEST_MS = 20_000;

/** A word of the object that takes longer is lost, milliseconds. */
const LOST_MS = 5_000;

/** An advance is for so many times the requests that came since the last word, and so many at least and most. */
const TIMES = 3;
const LEAST = 8;
const MOST = 512;

/** Where fewer came since the last word, each asks for itself. */
const WORTH = 2;

/** What is in hand of an advance. */
interface Purse {
  readonly id: string;
  readonly bornAt: number;
  sequence: number;
  /** What no request has drawn yet. */
  requests: number;
  amount: number;
  /** Unix milliseconds. */
  validUntil: number;
  /** Asked first and last, Unix milliseconds, and not answered yet. */
  asked: { request: AdvanceRequest; at: number; lastAt: number } | null;
  /** Somebody sees to it that it is given back. */
  watched: boolean;
}

/** The requests of one key. */
interface Lane {
  /** Since the last word. */
  came: number;
  cost: number;
  purse: Purse | null;
  /** What the object reserves for open-ended answers of a model, tokens. */
  readonly outputs: Map<string, number>;
}

/** An advance that somebody sees to. */
export interface Watched {
  /** Of its lane. */
  name: string;
  /** The advance's. */
  id: string;
}

/**
 * The advances of this isolate, by workspace and key: while one is valid, requests draw from it and need not
 * ask the workspace's object. Knows no I/O: what is to be asked travels with settlements.
 */
export class Advances {
  readonly #lanes = new LruMap<string, Lane>(10_000);

  /** Takes what a request may cost from the advance in hand; null when it has to ask for itself. */
  draw(name: string, model: string, cost: number, now: number): Draw | null {
    const lane = this.#lane(name);
    lane.came += 1;
    lane.cost += cost;
    const { purse } = lane;
    if (!purse || purse.requests < 1 || purse.amount < cost || now >= purse.validUntil) return null;
    purse.requests -= 1;
    purse.amount -= cost;
    return { advance: purse.id, amount: cost, model };
  }

  /** What the object reserves for an open-ended answer of a model, tokens; undefined when that is not known. */
  outputOf(name: string, model: string): number | undefined {
    return this.#lanes.get(name)?.outputs.get(model);
  }

  learnOutput(name: string, model: string, tokens: number): void {
    this.#lane(name).outputs.set(model, tokens);
  }

  /** What to ask the object, so that keys that are busy have enough in hand: keys, and what they count for. */
  next(keys: ReadonlyMap<string, Scope[]>, leaseMs: number, now: number): AdvanceRequest[] {
    const requests: AdvanceRequest[] = [];
    for (const [name, scopes] of keys) {
      const lane = this.#lanes.get(name);
      const request = lane && nextOf(lane, scopes, leaseMs, now);
      if (request) requests.push(request);
    }
    return requests;
  }

  /** The object has answered what was asked for these keys. @returns those whose advance stands. */
  answered(
    names: Iterable<string>,
    requests: readonly AdvanceRequest[],
    answers: readonly Advance[],
  ): { name: string; left: number }[] {
    const standing: { name: string; left: number }[] = [];
    for (const name of names) {
      const lane = this.#lanes.get(name);
      const request = lane?.purse?.asked?.request;
      const answer = request && answers[requests.indexOf(request)];
      if (!lane?.purse || !answer) continue;
      take(lane.purse, request, answer);
      if (answer.open) standing.push({ name, left: answer.left });
      else if (request.giveBack || (request.sequence === 1 && answer.requests === 0)) end(lane);
    }
    return standing;
  }

  /** The object has not answered: what was asked is asked again. */
  failed(names: Iterable<string>, requests: readonly AdvanceRequest[]): void {
    for (const name of names) {
      const asked = this.#lanes.get(name)?.purse?.asked;
      if (asked && requests.includes(asked.request)) asked.lastAt = Number.NEGATIVE_INFINITY;
    }
  }

  /** The advances of these keys that nobody sees to: the caller does from now on. */
  watch(names: Iterable<string>): Watched[] {
    const watched: Watched[] = [];
    for (const name of names) {
      const purse = this.#lanes.get(name)?.purse;
      if (!purse || purse.watched) continue;
      purse.watched = true;
      watched.push({ name, id: purse.id });
    }
    return watched;
  }

  /** How long an advance is still used, milliseconds; null when it has ended. */
  usedFor({ name, id }: Watched, now: number): number | null {
    const purse = this.#lanes.get(name)?.purse;
    if (purse?.id !== id) return null;
    return Math.max(0, Math.min(purse.validUntil, purse.bornAt + OLDEST_MS) - now);
  }

  /** Gives an advance back: nothing is drawn from it any more. Null while the object has yet to answer. */
  giveBack({ name }: Watched, leaseMs: number, now: number): AdvanceRequest | null {
    const lane = this.#lanes.get(name);
    if (!lane?.purse) return null;
    return askedAgain(lane.purse, now) ?? (lane.purse.asked ? null : giveBack(lane.purse, leaseMs, now));
  }

  /** The object cannot be reached: what is left of an advance is freed when its lease ends. */
  forget({ name, id }: Watched): void {
    const lane = this.#lanes.get(name);
    if (lane?.purse?.id === id) end(lane);
  }

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (!lane) {
      lane = { came: 0, cost: 0, purse: null, outputs: new Map() };
      this.#lanes.set(name, lane);
    }
    return lane;
  }
}

function nextOf(lane: Lane, scopes: Scope[], leaseMs: number, now: number): AdvanceRequest | null {
  const { came, cost, purse } = lane;
  if (purse?.asked) return askedAgain(purse, now);
  lane.came = 0;
  lane.cost = 0;
  if (purse && now - purse.bornAt > OLDEST_MS + LOST_MS) return giveBack(purse, leaseMs, now);
  if (came < WORTH || cost <= 0) return purse && ask(purse, scopes, { requests: 0, each: 0 }, leaseMs, now);
  const each = Math.ceil(cost / came);
  const wanted = Math.min(MOST, Math.max(LEAST, came * TIMES));
  const inHand = purse ? Math.min(purse.requests, Math.floor(purse.amount / each)) : 0;
  // A word that is only to keep it valid writes nothing.
  const more = inHand * 2 > wanted ? 0 : wanted - inHand;
  lane.purse ??= {
    id: newId('advance', now),
    bornAt: now,
    sequence: 0,
    requests: 0,
    amount: 0,
    validUntil: 0,
    asked: null,
    watched: false,
  };
  return ask(lane.purse, scopes, { requests: more, each }, leaseMs, now);
}

function end(lane: Lane): void {
  lane.purse = null;
  lane.outputs.clear();
}

/** What was asked and not answered, when it is time to ask again. */
function askedAgain({ asked }: Purse, now: number): AdvanceRequest | null {
  if (!asked || now - asked.lastAt < LOST_MS) return null;
  asked.lastAt = now;
  return asked.request;
}

function ask(
  purse: Purse,
  scopes: Scope[],
  take: AdvanceRequest['take'],
  leaseMs: number,
  now: number,
): AdvanceRequest {
  purse.sequence += 1;
  const { id, sequence } = purse;
  const request = { id, sequence, scopes, take, giveBack: null, leaseMs };
  purse.asked = { request, at: now, lastAt: now };
  return request;
}

function giveBack(purse: Purse, leaseMs: number, now: number): AdvanceRequest {
  const { requests, amount } = purse;
  const request = {
    ...ask(purse, [], { requests: 0, each: 0 }, leaseMs, now),
    giveBack: { requests, amount },
  };
  Object.assign(purse, { requests: 0, amount: 0, validUntil: 0, asked: { request, at: now, lastAt: now } });
  return request;
}

/** Puts an answer into the purse. What is in it is drawn from while the word is young, counted from the question. */
function take(purse: Purse, request: AdvanceRequest, answer: Advance): void {
  const at = purse.asked?.at ?? 0;
  purse.asked = null;
  purse.requests += answer.requests;
  purse.amount += answer.requests * request.take.each;
  purse.validUntil = answer.open ? at + ADVANCE_VALID_MS : 0;
}
