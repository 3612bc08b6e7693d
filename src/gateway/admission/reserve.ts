import { chargeAtMost } from '../../billing/charge.ts';
import type { ModelKind } from '../../registry/types.ts';
import { askedCalls } from '../hosted.ts';
import { discountOf } from '../settling/discount.ts';
import { estimateInputTokens } from '../settling/estimate.ts';
import { paidBy } from '../settling/paid-by.ts';
import { soundTokens, unitsOf } from '../settling/units.ts';
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

/**
 * What a picture may come to where it is counted in tokens: the largest of OpenAI's is about 6,240
 * (https://platform.openai.com/docs/guides/image-generation#cost-and-latency).
 */
const TOKENS_PER_IMAGE = 8_192;

/** What they answer costs nothing. */
const INPUT_ALONE: ReadonlySet<string> = new Set<ModelKind>(['embedding', 'moderation', 'rerank']);

/** The worst case over all candidates, with the workspace's margin. @param asked so often it may cost that. */
export function reservationOf(call: Call, candidates: readonly Candidate[], asked = 1): Reservation {
  const { caller } = call;
  const times = call.waived ? 0 : asked;
  const input = inputOf(call, candidates);
  const { output, openEnded } = outputOf(call, candidates);
  const others = unitsOf(call);
  const cost = { fixed: 0, outputRate: 0 };
  let priced = false;
  for (const candidate of candidates) {
    const { model, endpoint } = candidate;
    if (!endpoint.price) continue;
    priced = true;
    const { price } = endpoint;
    const discount = discountOf(call, candidate);
    const tools = askedCalls(call.request, candidate);
    const units = tools ? { ...others, tools } : others;
    const worst = chargeAtMost(input, price, caller.pricing, model.id, paidBy(candidate), units, discount);
    cost.fixed = Math.max(cost.fixed, worst.fixed * times);
    cost.outputRate = Math.max(cost.outputRate, worst.outputRate * times);
  }
  return { cost, priced, tokens: { input, output, openEnded } };
}

function inputOf(call: Call, candidates: readonly Candidate[]): number {
  const { request } = call;
  const estimate = estimateInputTokens(request) + (soundTokens(call)?.input ?? 0);
  // Each text has the context to itself.
  if (INPUT_ALONE.has(request.kind)) return estimate;
  const contexts = candidates.map(({ endpoint, model }) => endpoint.contextLength ?? model.contextLength);
  const context = contexts.includes(null) ? Infinity : Math.max(...contexts.map(Number));
  return Math.min(estimate, context * (request.prompts ?? 1));
}

function outputOf(call: Call, candidates: readonly Candidate[]): { output: number; openEnded: boolean } {
  const { control, request } = call;
  const sound = soundTokens(call);
  if (sound) return { output: sound.output, openEnded: false };
  if (INPUT_ALONE.has(request.kind)) return { output: 0, openEnded: false };
  if (request.kind === 'image') return { output: TOKENS_PER_IMAGE * control.answers, openEnded: false };
  const limits = candidates.map(({ target }) => target.maxOutputTokens ?? OUTPUT_WITHOUT_LIMIT);
  const output = control.maxOutputTokens ?? Math.max(...limits);
  return { output: output * control.answers, openEnded: control.maxOutputTokens === null };
}
