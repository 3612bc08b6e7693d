import { type DataPolicyView, dataPolicyOf, dataPolicyView } from './data-policy.ts';
import type { Registry } from './snapshot.ts';
import type { Endpoint } from './types.ts';

/** On what terms an endpoint serves, beside its price; null is unknown. */
export interface EndpointTerms {
  /** `fp8`, `int4` … */
  quantization: string | null;
  /** The endpoint's own, else its provider's; a member that is absent is unknown. */
  data_policy: DataPolicyView | null;
  /** The day on which the provider ends it, YYYY-MM-DD. */
  deprecated_at: string | null;
  /** Its first request after a pause waits for hardware. */
  scales_to_zero: boolean | null;
}

export function termsOf(endpoint: Endpoint, registry: Registry): EndpointTerms {
  return {
    quantization: endpoint.quantization ?? null,
    data_policy: dataPolicyView(dataPolicyOf(endpoint, registry.provider(endpoint.provider))),
    deprecated_at: endpoint.deprecatedAt ?? null,
    scales_to_zero: endpoint.scalesToZero ?? null,
  };
}
