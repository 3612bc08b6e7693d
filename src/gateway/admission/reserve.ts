import { chargeAtMost } from '../../billing/charge.ts';
import type { Price } from '../../registry/types.ts';
import { estimateInputTokens } from '../estimate.ts';
import { paidBy } from '../paid-by.ts';
import type { Call, Candidate } from '../types.ts';

/** What a request may come to at most, whoever serves it. */
export interface Reservation {
  /** Nano-USD: a fixed part, and what each token of output adds, per 1M. */
  cost: { fixed: number; outputRate: number };
  /** Some candidate's price is known. */
  priced: boolean;
  tokens: { input: number; output: number; openEnded: boolean };
}

/** Where neither the caller nor the registry knows a limit, tokens. */
const OUTPUT_WITHOUT_LIMIT = 16_384;

/** The worst case over all candidates, with the workspace's margin. */
export function reservationOf(call: Call, candidates: readonly Candidate[]): Reservation {
  const { control, caller } = call;
  const contexts = candidates.map(({ endpoint, model }) => endpoint.contextLength ?? model.contextLength);
  const context = contexts.includes(null) ? Infinity : Math.max(...contexts.map(Number));
  const input = Math.min(estimateInputTokens(call.request), context);
  const limits = candidates.map(({ target }) => target.maxOutputTokens ?? OUTPUT_WITHOUT_LIMIT);
  const most = Math.max(...limits);
  const output = (control.maxOutputTokens === null ? most : control.maxOutputTokens) * control.answers;
  const cost = { fixed: 0, outputRate: 0 };
  let priced = false;
  for (const candidate of candidates) {
    const { model, endpoint } = candidate;
    if (!endpoint.price) continue;
    priced = true;
    const worst = chargeAtMost(input, endpoint.price as Price, caller.pricing, model.id, paidBy(candidate));
    cost.fixed = Math.max(cost.fixed, worst.fixed);
    cost.outputRate = Math.max(cost.outputRate, worst.outputRate);
  }
  return { cost, priced, tokens: { input, output, openEnded: control.maxOutputTokens === null } };
}
