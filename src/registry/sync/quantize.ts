import { FIRST_PARTY, keyOf, RESELLER } from '../../providers/catalogue-names.ts';
import type { CatalogueEndpoint } from '../catalogue/types.ts';
import type { ListedEndpoints } from './listed-endpoints.ts';
import type { CanonicalModel, Desired } from './types.ts';

/** So many models are asked about in one sync. */
const MOST_MODELS = 10;

/**
 * Fills in how hosts quantize open models, as OpenRouter lists it. Each model takes a request of its own, so
 * that a few are asked about in turn: the same ones for one turn. What a host serves in more than one way, or
 * does not tell, stays as it is.
 * @param turn grows by one from sync to sync of the clock.
 */
export async function quantize(
  desired: Desired,
  canonical: readonly CanonicalModel[],
  ask: ListedEndpoints,
  turn: number,
): Promise<Desired> {
  const names = new Map(canonical.map(({ model, endpoint }) => [keyOf(model.id), endpoint.upstream]));
  const hosted = [...new Set(desired.endpoints.filter(isHosted).map(({ model }) => model))]
    .flatMap((model) => names.get(keyOf(model)) ?? [])
    .sort();
  const first = hosted.length === 0 ? 0 : (turn * MOST_MODELS) % hosted.length;
  const asked = [...hosted, ...hosted].slice(first, first + Math.min(MOST_MODELS, hosted.length));
  const listed = await ask(asked);
  return {
    ...desired,
    endpoints: desired.endpoints.map((endpoint) => {
      const found = listed.get(names.get(keyOf(endpoint.model)) ?? '');
      if (!found || typeof found === 'string' || !isHosted(endpoint)) return endpoint;
      const all = found.get(endpoint.provider) ?? [];
      const [quantization, ...others] = new Set(all.map((one) => one.quantization));
      return quantization === undefined || others.length > 0 ? endpoint : { ...endpoint, quantization };
    }),
  };
}

/** Whether a model's weights are served by somebody other than who made them. */
function isHosted({ model, provider }: CatalogueEndpoint): boolean {
  return provider !== RESELLER && FIRST_PARTY[provider] !== model.slice(0, model.indexOf('/'));
}
