import { matchesModel } from '../lib/model-glob.ts';
import type { Price, Rates } from '../registry/types.ts';
import { billedAudio, billedCalls, type Cost, type CostLine, ratesFor } from './cost.ts';
import type { NanoUsd } from './money.ts';
import type { Pricing } from './pricing.ts';

/** What the caller pays for an answer: its cost and the workspace's margin. */
export interface Charge {
  total: NanoUsd;
  /** The cost's lines with the charged rates and amounts; they add up to the total. */
  lines: CostLine[];
  marginPercent: number;
}

/** Margins have two decimals, and discounts four: in hundredths of a percent both are whole. */
const STEPS = 10_000n;

/** Who pays the provider: the operator, or the workspace with a credential of its own. */
export type PaidBy = 'operator' | 'workspace';

/**
 * The charge for a cost. Discount and margin are taken of the sum and rounded once, half up, to the nano-dollar.
 * @param discount of the price, 0 to 1; the margin is taken of the rest.
 */
export function chargeFor(
  cost: Cost,
  pricing: Pricing,
  modelId: string,
  paidBy: PaidBy,
  discount = 0,
): Charge {
  const marginPercent = marginFor(pricing, modelId, paidBy);
  if (marginPercent === 0 && discount === 0) return { ...cost, marginPercent };
  const factor = factorOf(marginPercent, discount);
  const lines: CostLine[] = [];
  let before = 0n;
  let charged = 0n;
  for (const line of cost.lines) {
    before += BigInt(line.amount);
    const upTo = times(before, factor);
    lines.push({ ...line, rate: Number(times(BigInt(line.rate), factor)), amount: Number(upTo - charged) });
    charged = upTo;
  }
  return { total: Number(charged), lines, marginPercent };
}

/** What a request asks for beside tokens, as far as that is known beforehand. */
export interface AskedUnits {
  images?: number;
  searches?: number;
  characters?: number;
  audioMs?: number;
  /** Calls of tools that run at the provider, by unit. */
  tools?: Readonly<Record<string, number>>;
}

/**
 * The most that a request may be charged: a fixed part, and nano-USD per 1M tokens of output.
 * @param discount of the price, 0 to 1.
 */
export function chargeAtMost(
  inputTokens: number,
  price: Price,
  pricing: Pricing,
  modelId: string,
  paidBy: PaidBy,
  units: AskedUnits = {},
  discount = 0,
): { fixed: NanoUsd; outputRate: number } {
  const rates = ratesFor(inputTokens, price);
  const factor = (1 + marginFor(pricing, modelId, paidBy) / 100) * (1 - discount);
  const fixed = (inputTokens * dearestInput(rates)) / 1_000_000 + beyondTokens(price, units);
  return { fixed: Math.ceil(fixed * factor), outputRate: Math.ceil(dearestOutput(rates) * factor) };
}

/** Nano-USD of all that is not priced by tokens. */
export function beyondTokens(
  price: Price,
  { images = 0, searches = 0, characters = 0, audioMs = 0, tools }: AskedUnits,
): number {
  const { perRequest = 0, perImage = 0, perSearch = 0, audioHour } = price;
  const spoken = (characters * (price.characters ?? 0)) / 1_000_000;
  const heard = audioHour === undefined ? 0 : (billedAudio(audioMs, price) * audioHour) / 3_600_000;
  const called = Object.entries(price.tools ?? {}).map(
    ([tool, rate]) => (billedCalls(tool, tools) * rate) / 1000,
  );
  const calls = called.reduce((sum, amount) => sum + amount, 0);
  return perRequest + images * perImage + searches * perSearch + spoken + heard + calls;
}

/**
 * The margin of a model: its own, else the workspace's. Where the workspace pays the provider the fee takes
 * the place of the price: a fee of 5 % is a margin of -95.
 */
export function marginFor(pricing: Pricing, modelId: string, paidBy: PaidBy): number {
  if (paidBy === 'workspace') return (pricing.byok_percent ?? 0) - 100;
  const own = pricing.models.find(({ model }) => matchesModel(model, modelId));
  return own?.margin_percent ?? pricing.margin_percent;
}

function dearestInput(rates: Rates): number {
  const { input, cacheWrite = 0, cacheWriteLong = 0, inputAudio = 0, inputImage = 0 } = rates;
  return Math.max(input, cacheWrite, cacheWriteLong, inputAudio, inputImage);
}

function dearestOutput(rates: Rates): number {
  const { output, reasoning = 0, outputAudio = 0, outputImage = 0 } = rates;
  return Math.max(output, reasoning, outputAudio, outputImage);
}

function factorOf(marginPercent: number, discount: number): bigint {
  const kept = STEPS - BigInt(Math.round(discount * Number(STEPS)));
  return (STEPS + BigInt(Math.round(marginPercent * 100))) * kept;
}

function times(amount: bigint, factor: bigint): bigint {
  const whole = STEPS * STEPS;
  return (amount * factor + whole / 2n) / whole;
}
