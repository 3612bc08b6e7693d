import { type PriceView, priceView } from '../model-input.ts';
import type { Change } from './types.ts';

/** A change as the management API shows it: prices are USD per 1M tokens. */
export interface ChangeView {
  kind: Change['kind'];
  model?: string;
  endpoint?: string;
  provider?: string;
  upstream?: string;
  before?: PriceView | null;
  after?: PriceView;
  reason?: string;
  vanished?: number;
}

export function viewChange(change: Change): ChangeView {
  if (!('after' in change)) return change;
  return {
    ...change,
    before: change.before && priceView(change.before),
    after: priceView(change.after),
  };
}
