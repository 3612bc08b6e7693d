import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import type { Candidate } from '../../gateway/types.ts';
import { credentialsFor } from '../../providers/credentials.ts';
import type { Registry } from '../../registry/snapshot.ts';
import type { Price } from '../../registry/types.ts';
import { wires } from '../../wires/index.ts';

/**
 * An endpoint of a chat model with the operator's credential, and its price.
 * @throws GatewayError `not_found`; `conflict` for an endpoint without a price, a credential or a chat codec.
 */
export function probedCandidate(
  env: Env,
  registry: Registry,
  id: string,
): { candidate: Candidate; price: Price } {
  const model = registry.find(id.slice(0, id.lastIndexOf('@')));
  const endpoint = model && registry.endpoints(model.id).find((one) => one.id === id);
  const provider = endpoint && registry.provider(endpoint.provider);
  if (!model || !endpoint || !provider) {
    throw new GatewayError('not_found', { param: 'endpoint', message: 'There is no such endpoint.' });
  }
  const refuse = (message: string): GatewayError =>
    new GatewayError('conflict', { param: 'endpoint', message });
  const wire = wires[provider.wire];
  const answers = wire.chat && (wire.chat.answers?.(endpoint) ?? true);
  if (!answers || model.kind !== 'chat') throw refuse('Only endpoints of chat models are probed.');
  if (!endpoint.price)
    throw refuse('The price is not known, so that what probing costs could not be capped.');
  const [credential] = credentialsFor(provider, registry, env);
  if (!credential) throw refuse('There is no credential of the operator’s for the provider.');
  const { api } = endpoint.capabilities;
  const target = {
    upstreamModel: endpoint.upstreamModel,
    maxOutputTokens: endpoint.maxOutputTokens ?? model.maxOutputTokens,
    // All is to be tried, whatever the registry believes; but where, it must know.
    capabilities: api === undefined ? {} : { api },
    quirks: provider.quirks ?? {},
  };
  return {
    candidate: {
      model,
      endpoint,
      provider,
      credential,
      wire,
      target,
      on: null,
      maxOutputTokens: null,
    },
    price: endpoint.price,
  };
}
