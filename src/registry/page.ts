import { GatewayError } from '../errors.ts';

/** Which part of a list is wanted: https://platform.claude.com/docs/en/api/models-list */
export interface Paging {
  /** At most so many; null is all. */
  limit: number | null;
  after: string | null;
  before: string | null;
}

export const PAGING_NAMES = ['limit', 'after_id', 'before_id'] as const;

const MOST = 1000;

/** A part of a list. */
export interface Page<Item> {
  data: readonly Item[];
  first_id: string | null;
  last_id: string | null;
  /** Whether more follow in the direction in which it was read. */
  has_more: boolean;
}

/**
 * Reads `?limit=&after_id=&before_id=`.
 * @throws GatewayError `invalid_value`, naming the parameter.
 */
export function readPaging(query: (name: string) => string | undefined): Paging {
  const text = query('limit');
  const limit = text === undefined ? null : /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit !== null && (limit < 1 || limit > MOST)) {
    const message = `limit must be a whole number from 1 to ${MOST}.`;
    throw new GatewayError('invalid_value', { param: 'limit', message });
  }
  const [after, before] = [query('after_id') ?? null, query('before_id') ?? null];
  if (after !== null && before !== null) {
    const message = 'Name after_id or before_id, not both.';
    throw new GatewayError('invalid_value', { param: 'before_id', message });
  }
  return { limit, after, before };
}

/** @throws GatewayError `invalid_value` for an id that the list does not hold. */
export function pageOf<Item extends { id: string }>(
  items: readonly Item[],
  { limit, after, before }: Paging,
): Page<Item> {
  const rest =
    before === null ? items.slice(placeOf('after_id', after)) : items.slice(0, placeOf('before_id', before));
  const most = limit ?? rest.length;
  const data = before === null ? rest.slice(0, most) : rest.slice(Math.max(0, rest.length - most));
  return {
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: data.length < rest.length,
  };

  function placeOf(param: string, id: string | null): number {
    if (id === null) return 0;
    const place = items.findIndex((item) => item.id === id);
    if (place >= 0) return param === 'after_id' ? place + 1 : place;
    const message = `There is no model ${JSON.stringify(id.slice(0, 200))} in this list.`;
    throw new GatewayError('invalid_value', { param, message });
  }
}
