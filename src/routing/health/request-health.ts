import { type Carrier, health } from './isolate-health.ts';
import type { CircuitPosition, EndpointHealth, HealthView, ModelExperience, Observation } from './types.ts';

/** The isolate's health as one request reads it and adds to it. Memory alone. */
export class RequestHealth implements HealthView {
  readonly #carrier: Carrier;

  /** Asks the continent behind the request's answer, when what it told is no longer new. */
  constructor(carrier: Carrier) {
    this.#carrier = carrier;
    health.refresh(carrier);
  }

  endpoint(id: string): EndpointHealth | null {
    return health.endpoint(id);
  }

  model(id: string): ModelExperience | null {
    return health.model(id);
  }

  circuit(endpointId: string): CircuitPosition {
    return health.circuit(endpointId, Date.now());
  }

  /** As `IsolateHealth.claimProbe`. */
  claimProbe(endpointId: string): boolean {
    return health.claimProbe(endpointId, Date.now());
  }

  /** As `IsolateHealth.releaseProbe`. */
  releaseProbe(endpointId: string): void {
    health.releaseProbe(endpointId);
  }

  observe(observation: Observation): void {
    health.observe(observation, this.#carrier);
  }

  /** @param since Unix milliseconds; null: it has woken, or waking was given up. */
  waking(endpointId: string, since: number | null): void {
    health.waking(endpointId, since, this.#carrier);
  }
}
