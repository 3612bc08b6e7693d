import { chargeAtMost } from '../../billing/charge.ts';
import { costOf } from '../../billing/cost.ts';
import type { NanoUsd } from '../../billing/money.ts';
import { DEFAULT_PRICING } from '../../billing/pricing.ts';
import type { Price } from '../../registry/types.ts';
import type { Observed, Probe } from './types.ts';

/** What a run has spent and may spend, nano-USD. What is not known counts as the most that it can be. */
export interface Purse {
  spent: NanoUsd;
  cap: NanoUsd;
}

export function mayAsk(body: Probe['body'], price: Price, purse: Purse): boolean {
  return purse.spent + mostOf(body, price) <= purse.cap;
}

export function spend({ usage }: Observed, body: Probe['body'], price: Price, purse: Purse): void {
  purse.spent += usage ? costOf(usage, price).total : mostOf(body, price);
}

/** What a request may cost at most: two bytes a token, where text has about four and base64 far more. */
export function mostOf(body: Probe['body'], price: Price): NanoUsd {
  const most = chargeAtMost(JSON.stringify(body).length / 2, price, DEFAULT_PRICING, '', 'operator');
  const output = Number(body.max_completion_tokens) * Number(body.n ?? 1);
  return most.fixed + Math.ceil((output * most.outputRate) / 1_000_000);
}
