import type { ModelKind, Price, Rates } from '../registry/types.ts';
import type { Usage } from '../wires/types.ts';
import type { NanoUsd } from './money.ts';

/** One kind of unit on a bill. */
export interface CostLine {
  unit: keyof Rates | 'request' | 'image' | 'search' | 'character' | 'audioMs' | `tool:${string}`;
  /** Tokens, pictures, searches, characters, milliseconds of sound, calls of a tool, or 1 for the request itself. */
  quantity: number;
  /** Nano-USD per 1M tokens or characters, per picture, per search, per hour of sound, per 1,000 calls, or per request. */
  rate: number;
  /** Nano-USD. Rounded so that the lines of one cost add up to its total. */
  amount: NanoUsd;
}

export interface Cost {
  total: NanoUsd;
  lines: CostLine[];
}

/** Amounts are summed up as whole numbers of this part of a nano-dollar: of millionths, thousandths and the milliseconds of an hour. */
const SHARES = 18_000_000n;

/** What one of a unit adds at a rate of one, in shares. */
function sharesOf(unit: CostLine['unit']): bigint {
  if (unit === 'request' || unit === 'image' || unit === 'search') return SHARES;
  if (unit.startsWith('tool:')) return SHARES / 1000n;
  return unit === 'audioMs' ? SHARES / 3_600_000n : SHARES / 1_000_000n;
}

/**
 * What an answer costs, of a usage that the price `prices`. Every token stands on exactly one line; a kind without a
 * rate of its own is charged as what it is a part of: cached input, cache writes and pictures of a chat as input,
 * reasoning as output. A tier's rates hold for the whole request when its input is over the tier's size.
 * The exact sum is rounded once, half up, to the nano-dollar.
 */
export function costOf(usage: Usage, price: Price): Cost {
  const rates = ratesFor(usage.inputTokens, price);
  const lines: CostLine[] = [];
  let shares = 0n;
  let total = 0;
  const add = (unit: CostLine['unit'], quantity: number, rate: number): void => {
    if (quantity <= 0) return;
    shares += BigInt(quantity) * BigInt(rate) * sharesOf(unit);
    const upTo = Number((shares + SHARES / 2n) / SHARES);
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
  if (price.characters) add('character', usage.characters ?? 0, price.characters);
  if (price.audioHour) add('audioMs', billedAudio(usage.audioMs ?? 0, price), price.audioHour);
  for (const [tool, rate] of Object.entries(price.tools ?? {})) {
    add(`tool:${tool}`, billedCalls(tool, usage.toolCalls), rate);
  }
  if (price.perRequest) add('request', 1, price.perRequest);
  return { total, lines };
}

/**
 * Whether a price says what a usage costs. It does not where something that is priced was not counted, nor where
 * tokens of a medium have no rate of their own: what a rate is not for is not charged by it.
 * @param kind of the model, by which its plain rates are those of text or of the medium that it is made for.
 */
export function prices(price: Price, usage: Usage, kind: ModelKind): boolean {
  const { perImage, perSearch, characters, audioHour } = price;
  if (perImage && usage.images === undefined) return false;
  if (perSearch && usage.searches === undefined) return false;
  if (characters && usage.characters === undefined) return false;
  if (audioHour && usage.audioMs === undefined) return false;
  if (!hasRates(price)) return true;
  return !usage.uncounted && ratesMedia(ratesFor(usage.inputTokens, price), usage, kind);
}

/**
 * Whether each medium in a usage has a rate. A plain rate is that of text, or, where a model takes or gives one other
 * medium by its nature, of all tokens on that side if there are no others among them. Pictures that a chat model is
 * shown are tokens of input like text, as its hosts say.
 */
function ratesMedia(rates: Rates, usage: Usage, kind: ModelKind): boolean {
  const { inputTokens: input, outputTokens: output } = usage;
  const { cachedInputTokens, inputAudioTokens, inputImageTokens, outputAudioTokens, outputImageTokens } =
    usage;
  const isOf = (rate: number | undefined, part: number, whole: number, native: ModelKind): boolean =>
    rate !== undefined || part === 0 || (kind === native && part >= whole);
  if (!isOf(rates.inputAudio, inputAudioTokens, input, 'transcription')) return false;
  if (!isOf(rates.outputAudio, outputAudioTokens, output, 'speech')) return false;
  if (!isOf(rates.outputImage, outputImageTokens, output, 'image')) return false;
  if (kind !== 'chat' && rates.inputImage === undefined && inputImageTokens > 0) return false;
  // Tokens that stand in two parts: nobody says at which of the two rates.
  const parts: [count: number, rate: number | undefined][] = [
    [cachedInputTokens, rates.cachedInput],
    [inputAudioTokens, rates.inputAudio],
    [inputImageTokens, rates.inputImage],
  ];
  const rated = parts.filter(([count, rate]) => count > 0 && rate !== undefined);
  return rated.length < 2 || rated.reduce((sum, [count]) => sum + count, 0) <= input;
}

/** What is behind a tool's name where it is priced by the answers that it was used for. */
const BY_ANSWER = '_prompt';

/** Calls that a price of a tool is taken for: those of the tool, or one for all of an answer (`google_search_prompt`). */
export function billedCalls(priced: string, calls: Usage['toolCalls'] = {}): number {
  if (Object.hasOwn(calls, priced)) return calls[priced] ?? 0;
  const tool = priced.endsWith(BY_ANSWER) ? priced.slice(0, -BY_ANSWER.length) : '';
  return Object.hasOwn(calls, tool) ? Math.min(1, calls[tool] ?? 0) : 0;
}

/** What a tool costs, nano-USD per 1,000 of its calls or of the answers that it is used for; undefined: not known. */
export function toolFee({ tools = {} }: Price, unit: string): number | undefined {
  const byCall = Object.hasOwn(tools, unit) ? tools[unit] : undefined;
  return byCall ?? (Object.hasOwn(tools, unit + BY_ANSWER) ? tools[unit + BY_ANSWER] : undefined);
}

/** Whether tools were called whose price is not known. */
export function hasUnpricedCalls(price: Price, { toolCalls = {} }: Usage): boolean {
  return Object.keys(toolCalls).some((unit) => toolFee(price, unit) === undefined);
}

/** Milliseconds that sound of this length is billed for. */
export function billedAudio(audioMs: number, { leastAudioMs = 0 }: Price): number {
  return Math.max(audioMs, leastAudioMs);
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
