import type { Endpoint, Model } from '../../registry/types.ts';
import type { Quirks, Target } from '../../wires/types.ts';

/** An endpoint as wires see it. */
export function targetOf(model: Model, endpoint: Endpoint, quirks: Quirks = {}): Target {
  return {
    upstreamModel: endpoint.upstreamModel,
    maxOutputTokens: endpoint.maxOutputTokens ?? model.maxOutputTokens,
    capabilities: endpoint.capabilities,
    quirks,
  };
}
