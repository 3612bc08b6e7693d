import { CONTINENTS, type Continent } from '../../objects/health/types.ts';

/** The continent that a request came from: `request.cf.continent`; `local` where it is not known. */
export function continentOf(request: Request): Continent {
  const { continent } = (request.cf ?? {}) as { continent?: unknown };
  return CONTINENTS.find((known) => known === continent) ?? 'local';
}
