import { LruMap } from '../../lib/lru.ts';
import { Circuit } from '../../objects/health/circuit.ts';
import { EndpointRecord, startOf } from '../../objects/health/endpoint-record.ts';
import { ModelRecord, tellsOfModel } from '../../objects/health/model-record.ts';
import type {
  CircuitPosition,
  EndpointHealth,
  ModelExperience,
  Observation,
  SharedEndpoint,
  Snapshot,
} from '../../objects/health/types.ts';
import { mergeHealth } from './merge.ts';
import type { HealthView } from './types.ts';

/** What was made of the records is good for so long, milliseconds, unless something failed since. */
const VIEW_MS = 1_000;

/** Waking that nobody has ended by then has failed. */
const WAKE_MS = 10 * 60_000;

const MAX_ENDPOINTS = 2_000;
const MAX_MODELS = 1_000;

interface Known {
  record: EndpointRecord;
  circuit: Circuit;
  shared: SharedEndpoint | null;
  wakingSince: number | null;
  view: EndpointHealth | null;
  viewedAt: number;
}

interface KnownModel {
  record: ModelRecord;
  shared: number | null;
}

/**
 * What one isolate knows of endpoints: what its continent last told it, and what it has seen itself since it
 * began. Memory alone.
 */
export class Experience implements HealthView {
  readonly #endpoints = new LruMap<string, Known>(MAX_ENDPOINTS);
  readonly #models = new LruMap<string, KnownModel>(MAX_MODELS);
  readonly #now: () => number;
  /** Unix milliseconds at which the continent last told something. */
  #toldAt = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  endpoint(id: string): EndpointHealth | null {
    const known = this.#endpoints.get(id);
    if (!known) return null;
    const now = this.#now();
    const { view, viewedAt, circuit } = known;
    if (view && now - viewedAt < VIEW_MS && view.circuit === circuit.position(now)) return view;
    known.view = this.#viewOf(known, now);
    known.viewedAt = now;
    return known.view;
  }

  model(id: string): ModelExperience | null {
    const known = this.#models.get(id);
    return known ? { tokensPerByte: known.shared ?? known.record.tokensPerByte } : null;
  }

  circuit(endpointId: string, now: number): CircuitPosition {
    return this.#endpoints.get(endpointId)?.circuit.position(now) ?? 'closed';
  }

  /** Whether a request may go there now: while it is closed all may, while it is half-open one at a time. */
  claimProbe(endpointId: string, now: number): boolean {
    const circuit = this.#endpoints.get(endpointId)?.circuit;
    return !circuit || circuit.position(now) === 'closed' || circuit.claim(now);
  }

  /** A claimed probe ended without an outcome. */
  releaseProbe(endpointId: string): void {
    this.#endpoints.get(endpointId)?.circuit.release();
  }

  /** Learns at once. */
  learn(observation: Observation): void {
    const known = this.#known(observation.endpoint);
    const isOk = observation.outcome === 'ok';
    known.record.add(observation);
    known.circuit.record(isOk, observation.at, startOf(observation));
    if (isOk) known.wakingSince = null;
    else known.view = null;
    if (tellsOfModel(observation)) this.#knownModel(observation.model).record.add(observation);
  }

  /** @param since Unix milliseconds; null: it no longer is. */
  waking(endpointId: string, since: number | null): void {
    const known = this.#known(endpointId);
    known.wakingSince = since;
    if (since === null && known.shared) known.shared.health.wakingSince = null;
    known.view = null;
  }

  /** Takes over what the continent has told. */
  adopt({ endpoints, models }: Snapshot): void {
    this.#toldAt = this.#now();
    for (const shared of endpoints) {
      const known = this.#known(shared.id);
      known.shared = shared;
      known.circuit.adopt(shared.circuit);
      known.view = null;
    }
    for (const { id, tokensPerByte } of models) this.#knownModel(id).shared = tokensPerByte;
  }

  #viewOf({ record, circuit, shared, wakingSince }: Known, now: number): EndpointHealth {
    const own = record.health(now);
    const position = circuit.position(now);
    const since = wakingSince ?? shared?.health.wakingSince ?? null;
    return {
      circuit: position,
      openUntil: position === 'closed' ? 0 : circuit.state.openUntil,
      ...(shared ? mergeHealth(own, shared.health, now - this.#toldAt) : own),
      wakingSince: since !== null && now - since < WAKE_MS ? since : null,
    };
  }

  #known(id: string): Known {
    let known = this.#endpoints.get(id);
    if (!known) {
      known = {
        record: new EndpointRecord(),
        circuit: new Circuit(),
        shared: null,
        wakingSince: null,
        view: null,
        viewedAt: 0,
      };
      this.#endpoints.set(id, known);
    }
    return known;
  }

  #knownModel(id: string): KnownModel {
    let known = this.#models.get(id);
    if (!known) {
      known = { record: new ModelRecord(), shared: null };
      this.#models.set(id, known);
    }
    return known;
  }
}
