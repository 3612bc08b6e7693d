import { canonicalId, keyOf } from '../../providers/catalogue-names.ts';
import type { CatalogueEndpoint } from '../catalogue/types.ts';
import type { Change, Gathered, ListedModel } from './types.ts';

/** A list that lacks more than this share of what is known of its provider is not believed. */
const MOST_MISSING = 2 / 3;

/** The date of a snapshot, as in `-20260102`, `-2026-01-02` and `-0102`. */
const DATE = /-(20\d\d-\d\d-\d\d|20\d{6}|\d{4})$/;

/** The base's endpoints as far as their providers still have them. */
export interface Presence {
  endpoints: CatalogueEndpoint[];
  doubted: Change[];
  /** Listed but not offered by the base: `provider:upstream`. */
  unlisted: string[];
}

/**
 * Holds the base's endpoints against the lists of those providers that have one. Such a list only tells
 * what is there: it names no price, so nothing is added by it. Pure.
 * @param believed providers whose list may lack as much as it does.
 */
export function judgePresence(
  { endpoints, present }: Pick<Gathered, 'endpoints' | 'present'>,
  believed: readonly string[] = [],
): Presence {
  const offered = Map.groupBy(endpoints, ({ provider }) => provider);
  const missing = new Set<CatalogueEndpoint>();
  const doubted: Change[] = [];
  const unlisted: string[] = [];
  for (const [provider, models] of present) {
    const known = offered.get(provider) ?? [];
    const lacking = lackingOf(provider, known, models);
    if (lacking.length > known.length * MOST_MISSING && !believed.includes(provider)) {
      doubted.push({ kind: 'provider.doubted', provider, vanished: lacking.length });
      continue;
    }
    for (const endpoint of lacking) missing.add(endpoint);
    const names = new Set(known.map(({ upstream }) => keyIn(provider, upstream)));
    for (const { upstream } of models)
      if (!names.has(keyIn(provider, upstream))) unlisted.push(`${provider}:${upstream}`);
  }
  return {
    endpoints: endpoints.filter((endpoint) => !missing.has(endpoint)),
    doubted,
    unlisted: unlisted.sort(),
  };
}

/** A name without a date is there when one of its snapshots is, and one that moves need not be listed. */
function lackingOf(
  provider: string,
  known: readonly CatalogueEndpoint[],
  models: readonly ListedModel[],
): CatalogueEndpoint[] {
  const keys = models
    .flatMap(({ upstream, aliases }) => [upstream, ...aliases])
    .map((name) => keyIn(provider, name));
  const listed = new Set([...keys, ...keys.map((key) => key.replace(DATE, ''))]);
  return known.filter(
    ({ upstream }) => !upstream.endsWith('-latest') && !listed.has(keyIn(provider, upstream)),
  );
}

function keyIn(provider: string, upstream: string): string {
  return keyOf(canonicalId(provider, upstream));
}
