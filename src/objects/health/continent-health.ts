import { Circuit } from './circuit.ts';
import { EndpointRecord, type StoredRecord, startOf } from './endpoint-record.ts';
import type { StoredEwma } from './ewma.ts';
import { ModelRecord, tellsOfModel } from './model-record.ts';
import type { CircuitState, CoolDown, EndpointHealth, Observation, Report, SharedEndpoint } from './types.ts';

/** What nobody has asked for so long is forgotten, milliseconds. */
const FORGET_MS = 24 * 60 * 60_000;

/** Waking that nobody has ended by then has failed. */
const WAKE_MS = 10 * 60_000;

/** That a credential serves again is told for so long: every isolate has asked by then. */
const TELL_MS = 60_000;

interface Known {
  record: EndpointRecord;
  circuit: Circuit;
  wakingSince: number | null;
  /** Unix milliseconds of the newest news of any kind. */
  touchedAt: number;
}

interface KnownModel {
  record: ModelRecord;
  touchedAt: number;
}

/** `ContinentHealth` as it is stored. */
export interface StoredHealth {
  format: 1;
  endpoints: {
    id: string;
    record: StoredRecord;
    circuit: CircuitState;
    wakingSince: number | null;
    touchedAt: number;
  }[];
  models: { id: string; record: StoredEwma; touchedAt: number }[];
  coolDowns: (CoolDown & { toldAt: number })[];
}

/** What the reports of all isolates of a continent add up to. Pure: time comes from outside, Unix milliseconds. */
export class ContinentHealth {
  readonly #endpoints = new Map<string, Known>();
  readonly #models = new Map<string, KnownModel>();
  readonly #coolDowns = new Map<string, { until: number; toldAt: number }>();

  constructor(stored?: StoredHealth) {
    for (const { id, record, circuit, wakingSince, touchedAt } of stored?.endpoints ?? []) {
      this.#endpoints.set(id, {
        record: new EndpointRecord(record),
        circuit: new Circuit(circuit),
        wakingSince,
        touchedAt,
      });
    }
    for (const { id, record, touchedAt } of stored?.models ?? []) {
      this.#models.set(id, { record: new ModelRecord(record), touchedAt });
    }
    for (const { credential, until, toldAt } of stored?.coolDowns ?? []) {
      this.#coolDowns.set(credential, { until, toldAt });
    }
  }

  /** Answers the endpoints of which others should know at once: whose circuit moved, or that are being woken. */
  apply({ observations, coolDowns, waking }: Omit<Report, 'since'>, now: number): Set<string> {
    const urgent = new Set(waking.map(({ endpoint }) => endpoint));
    // An isolate's clock may be ahead.
    const inOrder = observations.map((one) => ({ ...one, at: Math.min(one.at, now) }));
    for (const observation of inOrder.sort((a, b) => a.at - b.at)) {
      if (this.#observe(observation, now)) urgent.add(observation.endpoint);
    }
    for (const { endpoint, since } of waking) {
      const known = this.#touched(endpoint, now);
      known.wakingSince = since === null ? null : Math.min(since, known.wakingSince ?? since);
    }
    for (const { credential, until } of coolDowns) this.#coolDowns.set(credential, { until, toldAt: now });
    return urgent;
  }

  /** The endpoints that are known, with when news of each last came. */
  *endpoints(): Iterable<{ id: string; touchedAt: number }> {
    for (const [id, { touchedAt }] of this.#endpoints) yield { id, touchedAt };
  }

  endpoint(id: string, now: number): SharedEndpoint | null {
    const known = this.#endpoints.get(id);
    if (!known) return null;
    const { record, circuit } = known;
    const position = circuit.position(now);
    const health: EndpointHealth = {
      circuit: position,
      openUntil: position === 'closed' ? 0 : circuit.state.openUntil,
      ...record.health(now),
      wakingSince: wakingSince(known, now),
    };
    return { id, health, circuit: { ...circuit.state }, observedAt: record.observedAt };
  }

  *models(): Iterable<{ id: string; tokensPerByte: number }> {
    for (const [id, { record }] of this.#models) {
      if (record.tokensPerByte !== null) yield { id, tokensPerByte: record.tokensPerByte };
    }
  }

  /** Those that rest, and those that have just ceased to. */
  *coolDowns(): Iterable<CoolDown> {
    for (const [credential, { until }] of this.#coolDowns) yield { credential, until };
  }

  /** Drops what is over. */
  forget(now: number): void {
    for (const [id, { touchedAt }] of this.#endpoints) {
      if (touchedAt <= now - FORGET_MS) this.#endpoints.delete(id);
    }
    for (const [id, { touchedAt }] of this.#models) {
      if (touchedAt <= now - FORGET_MS) this.#models.delete(id);
    }
    for (const [id, { until, toldAt }] of this.#coolDowns) {
      if (until <= now && toldAt <= now - TELL_MS) this.#coolDowns.delete(id);
    }
  }

  stored(): StoredHealth {
    return {
      format: 1,
      endpoints: [...this.#endpoints].map(([id, { record, circuit, wakingSince, touchedAt }]) => {
        return { id, record: record.stored(), circuit: circuit.state, wakingSince, touchedAt };
      }),
      models: [...this.#models].map(([id, { record, touchedAt }]) => {
        return { id, record: record.stored(), touchedAt };
      }),
      coolDowns: [...this.#coolDowns].map(([credential, rest]) => ({ credential, ...rest })),
    };
  }

  /** Answers whether the circuit moved. */
  #observe(observation: Observation, now: number): boolean {
    const known = this.#touched(observation.endpoint, now);
    const { record, circuit } = known;
    const before = circuit.state.openedAt * (circuit.state.level && 1);
    record.add(observation);
    circuit.record(observation.outcome === 'ok', observation.at, startOf(observation));
    if (observation.outcome === 'ok') known.wakingSince = null;
    if (tellsOfModel(observation)) this.#learnOfModel(observation, now);
    return before !== circuit.state.openedAt * (circuit.state.level && 1);
  }

  #touched(id: string, now: number): Known {
    let known = this.#endpoints.get(id);
    if (!known) {
      known = { record: new EndpointRecord(), circuit: new Circuit(), wakingSince: null, touchedAt: now };
      this.#endpoints.set(id, known);
    }
    known.touchedAt = now;
    return known;
  }

  #learnOfModel(observation: Observation, now: number): void {
    const known = this.#models.get(observation.model) ?? { record: new ModelRecord(), touchedAt: now };
    known.record.add(observation);
    known.touchedAt = now;
    this.#models.set(observation.model, known);
  }
}

function wakingSince({ wakingSince: since }: Known, now: number): number | null {
  return since !== null && now - since < WAKE_MS ? since : null;
}
