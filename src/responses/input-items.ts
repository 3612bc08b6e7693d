import { GatewayError } from '../errors.ts';
import type { JsonObject } from '../lib/json.ts';

/** Which of the items are wanted. */
export interface PageAsked {
  limit: string | undefined;
  order: string | undefined;
  /** The id of the item before the first. */
  after: string | undefined;
}

/**
 * A page of the items that a response answers, as the API lists them: newest first unless asked otherwise.
 * @throws GatewayError `invalid_value`, naming the parameter.
 */
export function pageOfItems(items: readonly JsonObject[], { limit, order, after }: PageAsked): JsonObject {
  const count = limit === undefined ? 20 : Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > 100)
    throw invalid('limit', 'a whole number from 1 to 100');
  if (order !== undefined && order !== 'asc' && order !== 'desc') throw invalid('order', '"asc" or "desc"');
  const sorted = order === 'asc' ? items : items.toReversed();
  let start = 0;
  if (after !== undefined) {
    start = sorted.findIndex(({ id }) => id === after) + 1;
    if (start === 0) throw invalid('after', 'the id of an item of this list');
  }
  const data = sorted.slice(start, start + count);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + count < sorted.length,
  };
}

function invalid(param: string, what: string): GatewayError {
  return new GatewayError('invalid_value', { param, message: `${param} must be ${what}.` });
}
