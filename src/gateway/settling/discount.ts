import type { Call, Candidate } from '../types.ts';
import { paidBy } from './paid-by.ts';

/** What of an endpoint's price is left out for lines of batches, 0 to 1. Where the workspace pays the provider, nothing. */
export function discountOf({ batch }: Pick<Call, 'batch'>, candidate: Candidate): number {
  if (!batch || paidBy(candidate) === 'workspace') return 0;
  return candidate.endpoint.price?.batchDiscount ?? 0;
}
