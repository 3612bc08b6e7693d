import type { AskedUnits } from '../billing/charge.ts';
import { estimateSearches } from './estimate.ts';
import type { Call } from './types.ts';

/** What a request asks for beside tokens. */
export function unitsOf({ request, control }: Pick<Call, 'request' | 'control'>): AskedUnits {
  switch (request.kind) {
    case 'image':
      return { images: control.answers };
    case 'rerank':
      return { searches: estimateSearches(request) };
    default:
      return {};
  }
}
