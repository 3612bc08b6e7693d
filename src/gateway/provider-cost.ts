import { costOf } from '../billing/cost.ts';
import { nanoToUsd } from '../billing/money.ts';
import type { ChatRequest, StreamState } from '../wires/types.ts';
import { estimateUsage } from './estimate.ts';
import type { Candidate } from './types.ts';

/**
 * What a call probably costs the operator that nobody is charged for, USD; null when its price is not known.
 * @param state what a stream had told, of one that had begun.
 */
export function providerCost(
  { endpoint }: Candidate,
  request: ChatRequest,
  state?: Pick<StreamState, 'usage' | 'outputChars'>,
): number | null {
  return endpoint.price && nanoToUsd(costOf(estimateUsage(request, state), endpoint.price).total);
}
