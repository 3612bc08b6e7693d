import type { HealthView } from './health/types.ts';

/** A view that knows nothing of anybody. */
export const UNKNOWN_HEALTH: HealthView = Object.freeze({ endpoint: () => null, model: () => null });
