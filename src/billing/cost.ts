import type { Price, Rates } from '../registry/types.ts';
import type { Usage } from '../wires/types.ts';
import type { NanoUsd } from './money.ts';

/** One kind of unit on a bill. */
export interface CostLine {
  unit: keyof Rates | 'request';
  /** Tokens, or 1 for the request itself. */
  quantity: number;
  /** Nano-USD per 1M tokens, or per request. */
  rate: number;
}

export interface Cost {
  total: NanoUsd;
  lines: CostLine[];
}

/**
 * What an answer costs. Every token stands on exactly one line; a kind without a rate of its own is
 * charged as what it is a part of: cached input and cache writes as input, reasoning, audio and image
 * output as output. A tier's rates hold for the whole request when its input is over the tier's size.
 * The exact sum is rounded once, half up, to the nano-dollar.
 */
export function costOf(usage: Usage, price: Price): Cost {
  const rates = ratesFor(usage.inputTokens, price);
  const lines: CostLine[] = [];
  const add = (unit: CostLine['unit'], quantity: number, rate: number): void => {
    if (quantity > 0) lines.push({ unit, quantity, rate });
  };

  const input = rest(usage.inputTokens, [
    ['cachedInput', usage.cachedInputTokens, rates.cachedInput],
    ['cacheWrite', usage.cacheWriteTokens, rates.cacheWrite],
    ['cacheWriteLong', usage.cacheWriteLongTokens, rates.cacheWriteLong ?? rates.cacheWrite],
    ['inputAudio', usage.inputAudioTokens, rates.inputAudio],
    ['inputImage', usage.inputImageTokens, rates.inputImage],
  ]);
  add('input', input.plain, rates.input);
  for (const [unit, quantity, rate] of input.priced) add(unit, quantity, rate);

  const output = rest(usage.outputTokens, [
    ['reasoning', usage.reasoningTokens, rates.reasoning],
    ['outputAudio', usage.outputAudioTokens, rates.outputAudio],
    ['outputImage', usage.outputImageTokens, rates.outputImage],
  ]);
  add('output', output.plain, rates.output);
  for (const [unit, quantity, rate] of output.priced) add(unit, quantity, rate);

  if (price.perRequest) lines.push({ unit: 'request', quantity: 1, rate: price.perRequest });
  return { total: sum(lines), lines };
}

function ratesFor(inputTokens: number, price: Price): Rates {
  let rates: Rates = price;
  for (const tier of price.tiers ?? []) if (inputTokens > tier.above) rates = tier;
  return rates;
}

type Part = [unit: keyof Rates, quantity: number, rate: number | undefined];

/** Splits a total into its priced parts and the plain rest; parts never take more than there is. */
function rest(total: number, parts: Part[]): { plain: number; priced: [keyof Rates, number, number][] } {
  let plain = total;
  const priced: [keyof Rates, number, number][] = [];
  for (const [unit, quantity, rate] of parts) {
    if (rate === undefined) continue;
    const taken = Math.min(quantity, plain);
    plain -= taken;
    priced.push([unit, taken, rate]);
  }
  return { plain, priced };
}

const MILLION = 1_000_000n;

function sum(lines: CostLine[]): NanoUsd {
  let millionths = 0n;
  for (const { unit, quantity, rate } of lines) {
    const amount = BigInt(quantity) * BigInt(rate);
    millionths += unit === 'request' ? amount * MILLION : amount;
  }
  return Number((millionths + MILLION / 2n) / MILLION);
}
