import { GatewayError } from '../errors.ts';

/** Which part of a list to answer: at most `limit` items older than the one `cursor` names. */
export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

/** A part of a list, newest first. */
export interface Page<T> {
  data: T[];
  /** Give it as `cursor` to read on; null at the end. */
  next_cursor: string | null;
}

/**
 * The cursor of a list whose rows are numbered.
 * @throws GatewayError `invalid_value`.
 */
export function numberOfCursor({ cursor }: PageRequest): number | undefined {
  const before = cursor === undefined ? undefined : Number(cursor);
  if (before === undefined || Number.isSafeInteger(before)) return before;
  throw new GatewayError('invalid_value', { param: 'cursor', message: 'cursor must be one of an answer.' });
}

/** Cuts a page from rows that were read with one more than asked. */
export function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  view: (row: R) => T,
  cursorOf: (row: R) => string,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: shown.map(view),
    next_cursor: rows.length > limit && last !== undefined ? cursorOf(last) : null,
  };
}

/** Milliseconds as stored to the seconds that the API speaks in. */
export function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
