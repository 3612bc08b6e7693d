import type { EndpointHealth, ModelExperience } from '../../objects/health/types.ts';

export type {
  CircuitPosition,
  Counts,
  Distribution,
  EndpointHealth,
  ModelExperience,
  Observation,
  Outcome,
} from '../../objects/health/types.ts';

/** Health as the router reads it: memory alone. */
export interface HealthView {
  /** Null when nothing is known. */
  endpoint(id: string): EndpointHealth | null;
  model(id: string): ModelExperience | null;
}
