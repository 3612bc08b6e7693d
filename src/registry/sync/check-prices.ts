import { keyOf } from '../../providers/catalogue-names.ts';
import type { ListedEndpoints } from './listed-endpoints.ts';
import { disagree } from './price-jump.ts';
import type { CanonicalModel, Change } from './types.ts';

/** So many models are asked about in one sync; the prices of others wait for the next. */
const MOST_MODELS = 40;

/**
 * Holds new prices against what OpenRouter lists of the same provider. One that is far off waits for a
 * person; one that could not be checked because OpenRouter failed waits for the next sync. What it does not
 * list cannot be checked, and comes into force.
 */
export async function checkPrices(
  changes: readonly Change[],
  canonical: readonly CanonicalModel[],
  ask: ListedEndpoints,
): Promise<Change[]> {
  const names = new Map(canonical.map(({ model, endpoint }) => [keyOf(model.id), endpoint.upstream]));
  const nameOf = (change: Change): string | undefined =>
    change.kind === 'price.changed' && change.before !== null
      ? names.get(keyOf(change.endpoint.slice(0, change.endpoint.lastIndexOf('@'))))
      : undefined;
  const asked = [...new Set(changes.flatMap((change) => nameOf(change) ?? []))].slice(0, MOST_MODELS);
  const listed = await ask(asked);
  return changes.map((change) => {
    const name = nameOf(change);
    if (change.kind !== 'price.changed' || change.before === null || name === undefined) return change;
    const { endpoint, before, after } = change;
    const found = listed.get(name) ?? 'failed';
    if (found === 'failed') return { kind: 'price.deferred', endpoint, before, after };
    const provider = endpoint.slice(endpoint.lastIndexOf('@') + 1);
    const theirs =
      found === 'unlisted' ? [] : (found.get(provider) ?? []).flatMap(({ price }) => price ?? []);
    const isDisputed = theirs.length > 0 && theirs.every((price) => disagree(price, after));
    return isDisputed ? { kind: 'price.held', endpoint, before, after, reason: 'disputed' } : change;
  });
}
