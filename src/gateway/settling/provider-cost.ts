import { costOf, prices } from '../../billing/cost.ts';
import { nanoToUsd } from '../../billing/money.ts';
import type { StreamState, WireRequest } from '../../wires/types.ts';
import type { Candidate } from '../types.ts';
import { estimateUsage, usageOfUnfinished } from './estimate.ts';

/**
 * What a call probably costs the operator that nobody is charged for, USD; null when its price is not known.
 * @param state what a stream had told, of one that had begun.
 */
export function providerCost(
  { endpoint }: Candidate,
  request: WireRequest,
  state?: Pick<StreamState, 'usage' | 'outputChars' | 'hostedCalls'>,
): number | null {
  if (request.kind !== 'chat' && request.kind !== 'embedding') {
    const known = usageOfUnfinished(request);
    const { price } = endpoint;
    return known && price && prices(price, known, request.kind)
      ? nanoToUsd(costOf(known, price).total)
      : null;
  }
  return endpoint.price && nanoToUsd(costOf(estimateUsage(request, state), endpoint.price).total);
}
