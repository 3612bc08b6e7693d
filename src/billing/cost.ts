import type { Price, Rates } from '../registry/types.ts';
import type { Usage } from '../wires/types.ts';
import type { NanoUsd } from './money.ts';

/** What is priced one by one, and not by the million. */
type UnitByItself = 'request' | 'image' | 'search';

const BY_THEMSELVES: ReadonlySet<string> = new Set<UnitByItself>(['request', 'image', 'search']);

/** One kind of unit on a bill. */
export interface CostLine {
  unit: keyof Rates | UnitByItself;
  /** Tokens, pictures, searches, or 1 for the request itself. */
  quantity: number;
  /** Nano-USD per 1M tokens, or for each of the others. */
  rate: number;
  /** Nano-USD. Rounded so that the lines of one cost add up to its total. */
  amount: NanoUsd;
}

export interface Cost {
  total: NanoUsd;
  lines: CostLine[];
}

const MILLION = 1_000_000n;

/**
 * What an answer costs. Every token stands on exactly one line; a kind without a rate of its own is
 * charged as what it is a part of: cached input and cache writes as input, reasoning, audio and image
 * output as output. A tier's rates hold for the whole request when its input is over the tier's size.
 * The exact sum is rounded once, half up, to the nano-dollar.
 */
export function costOf(usage: Usage, price: Price): Cost {
  const rates = ratesFor(usage.inputTokens, price);
  const lines: CostLine[] = [];
  let millionths = 0n;
  let total = 0;
  const add = (unit: CostLine['unit'], quantity: number, rate: number): void => {
    if (quantity <= 0) return;
    millionths += BigInt(quantity) * BigInt(rate) * (BY_THEMSELVES.has(unit) ? MILLION : 1n);
    const upTo = Number((millionths + MILLION / 2n) / MILLION);
    lines.push({ unit, quantity, rate, amount: upTo - total });
    total = upTo;
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

  if (price.perImage) add('image', usage.images ?? 0, price.perImage);
  if (price.perSearch) add('search', usage.searches ?? 0, price.perSearch);
  if (price.perRequest) add('request', 1, price.perRequest);
  return { total, lines };
}

/** Whether a price says what a usage costs: of tokens or searches that nobody counted it does not, unless they are free. */
export function prices(price: Price, usage: Usage): boolean {
  if (price.perSearch && usage.searches === undefined) return false;
  return !usage.uncounted || price.perImage !== undefined || !hasRates(price);
}

function hasRates({ tiers = [], ...price }: Price): boolean {
  return [price, ...tiers].some((rates) => RATES.some((rate) => (rates[rate] ?? 0) > 0));
}

const RATES: readonly (keyof Rates)[] = [
  'input',
  'output',
  'cachedInput',
  'cacheWrite',
  'cacheWriteLong',
  'reasoning',
  'inputAudio',
  'outputAudio',
  'inputImage',
  'outputImage',
];

/** The rates that hold for an input of this size. */
export function ratesFor(inputTokens: number, price: Price): Rates {
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
