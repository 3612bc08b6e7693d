import type { AnswerHead } from '../runs/types.ts';

/** Headers that belong to one request, or one connection, and not to the answer. */
const OF_THE_REQUEST = new Set([
  'x-request-id',
  'traceparent',
  'retry-after',
  'date',
  'connection',
  'content-length',
  'transfer-encoding',
]);

/** The headers that are remembered with an answer. */
export function rememberedHeaders({ headers }: AnswerHead): AnswerHead['headers'] {
  return headers.filter(([name]) => !OF_THE_REQUEST.has(name) && !name.startsWith('x-ratelimit-'));
}

/** Errors and JSON do not come bit by bit: they are passed on when they are complete. */
export function isWholeAtOnce({ status, headers }: AnswerHead): boolean {
  const type = headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  return status >= 400 || type.startsWith('application/json');
}
