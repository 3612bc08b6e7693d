import type { ContinentHealth } from './continent-health.ts';
import type { CoolDown } from './types.ts';

/** A snapshot serves all who ask within this time, milliseconds. */
const GOOD_FOR_MS = 1_000;

/** Windows slide: an endpoint with news so recent changes by itself; */
const MOVING_MS = 6 * 60_000;
/** others are looked at so often. */
const STILL_MS = 60_000;

/** JSON text of one thing, and the version in which it became so. */
interface Piece {
  text: string;
  version: number;
}

/**
 * What is told of a continent: JSON text, put together at most once a second however many ask, from pieces of
 * which those are left out that the asker has.
 */
export class Snapshots {
  readonly #health: ContinentHealth;
  readonly #endpoints = new Map<string, Piece>();
  /** When each endpoint was last looked at, Unix milliseconds. */
  readonly #lookedAt = new Map<string, number>();
  readonly #models = new Map<string, Piece>();
  readonly #coolDowns = new Map<string, Piece>();
  /** By the version that the asker has. */
  readonly #answers = new Map<number, string>();
  /** The time of the last change, at least: so it goes on growing when the object starts anew. */
  #version = 0;
  #renewedAt = 0;

  constructor(health: ContinentHealth) {
    this.#health = health;
  }

  /** `Snapshot` as JSON: what has changed since a version. */
  since(version: number, now: number): string {
    if (now - this.#renewedAt >= GOOD_FOR_MS) this.renew(now);
    // A version of the future is of an object whose clock was ahead.
    const from = version > this.#version ? 0 : version;
    let answer = this.#answers.get(from);
    if (answer === undefined) {
      const [endpoints, models, coolDowns] = [this.#endpoints, this.#models, this.#coolDowns].map((pieces) =>
        newer(pieces, from),
      );
      answer = `{"version":${this.#version},"endpoints":[${endpoints}],"models":[${models}],"coolDowns":[${coolDowns}]}`;
      this.#answers.set(from, answer);
    }
    return answer;
  }

  /** Puts it together anew. */
  renew(now: number): void {
    this.#nextVersion(now);
    this.#renewedAt = now;
    this.#health.forget(now);
    this.#renewEndpoints(now);
    replace(this.#models, this.#health.models(), (model) => model.id, this.#version);
    replace(this.#coolDowns, this.#health.coolDowns(), (rest) => rest.credential, this.#version);
  }

  /** Takes in what cannot wait, and leaves the rest as it was. */
  hurry(endpointIds: Set<string>, coolDowns: readonly CoolDown[], now: number): void {
    if (endpointIds.size + coolDowns.length === 0) return;
    this.#nextVersion(now);
    for (const id of endpointIds) keep(this.#endpoints, id, this.#health.endpoint(id, now), this.#version);
    for (const rest of coolDowns) keep(this.#coolDowns, rest.credential, rest, this.#version);
  }

  #nextVersion(now: number): void {
    this.#version = Math.max(now, this.#version + 1);
    this.#answers.clear();
  }

  #renewEndpoints(now: number): void {
    const known = new Set<string>();
    for (const { id, touchedAt } of this.#health.endpoints()) {
      known.add(id);
      const piece = this.#endpoints.get(id);
      const isStill = now - touchedAt > MOVING_MS && now - (this.#lookedAt.get(id) ?? 0) < STILL_MS;
      if (piece && isStill) continue;
      this.#lookedAt.set(id, now);
      keep(this.#endpoints, id, this.#health.endpoint(id, now), this.#version);
    }
    drop(this.#endpoints, known);
    drop(this.#lookedAt, known);
  }
}

/** Makes the pieces those of these things, and leaves the version of what is as it was. */
function replace<T extends object>(
  pieces: Map<string, Piece>,
  things: Iterable<T>,
  idOf: (thing: T) => string,
  version: number,
): void {
  const known = new Set<string>();
  for (const thing of things) {
    known.add(idOf(thing));
    keep(pieces, idOf(thing), thing, version);
  }
  drop(pieces, known);
}

function keep(pieces: Map<string, Piece>, id: string, value: object | null, version: number): void {
  const text = JSON.stringify(value, short);
  if (pieces.get(id)?.text !== text) pieces.set(id, { text, version });
}

function drop(map: Map<string, unknown>, known: Set<string>): void {
  for (const id of map.keys()) if (!known.has(id)) map.delete(id);
}

function newer(pieces: Map<string, Piece>, version: number): string {
  const texts: string[] = [];
  for (const piece of pieces.values()) if (piece.version > version) texts.push(piece.text);
  return texts.join();
}

/** Four digits are more than a measurement has. */
function short(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
