import { NANO_PER_USD } from '../billing/money.ts';
import { GatewayError } from '../errors.ts';
import type { Capabilities, ServedApi } from '../wires/types.ts';
import type { DataPolicyView } from './data-policy.ts';
import type { Benchmark, Modality, ModelKind, Price, Rates } from './types.ts';

/** Rates as people read them: USD per 1M tokens. */
export interface RatesView {
  input: number;
  output: number;
  cached_input?: number | undefined;
  cache_write?: number | undefined;
  cache_write_long?: number | undefined;
  reasoning?: number | undefined;
  input_audio?: number | undefined;
  output_audio?: number | undefined;
  input_image?: number | undefined;
  output_image?: number | undefined;
}

/** Rates as people write them. Kinds that are charged by their input alone need no output. */
export type RatesInput = Omit<RatesView, 'output'> & { output?: number | undefined };

interface Units {
  /** USD. */
  per_request?: number | undefined;
  /** USD per picture that is made. */
  image?: number | undefined;
  /** USD per search of a reranker. */
  search?: number | undefined;
  /** USD per 1M characters that are spoken. */
  characters?: number | undefined;
  /** USD per minute of sound that is listened to. */
  audio_minute?: number | undefined;
  /** Shorter sound is billed as if it were so long. */
  least_audio_seconds?: number | undefined;
  /** USD per 1,000 calls of tools that run at the provider. */
  tools?: Record<string, number> | undefined;
  /** What of it is left out for lines of batches, 0 to 1. */
  batch_discount?: number | undefined;
}

export type PriceView = RatesView & Units & { tiers?: (RatesView & { above: number })[] | undefined };

export type PriceInput = RatesInput & Units & { tiers?: (RatesInput & { above: number })[] | undefined };

/** Optional members may be there and undefined, as parsers leave them. */
type Undefinable<T> = { [K in keyof T]: T[K] | (undefined extends T[K] ? undefined : never) };

/** Absent is unknown. */
export interface CapabilitiesInput {
  tools?: boolean | undefined;
  reasoning?: boolean | undefined;
  structured_output?: boolean | undefined;
  temperature?: boolean | undefined;
  attachments?: boolean | undefined;
  api?: ServedApi | undefined;
}

export interface EndpointInput {
  provider: string;
  upstream_model: string;
  /** Absent: not known, and so is what its answers cost. */
  price?: PriceInput | null | undefined;
  regions?: string[] | undefined;
  capabilities?: CapabilitiesInput | undefined;
  context_length?: number | undefined;
  max_output_tokens?: number | undefined;
  quantization?: string | undefined;
  /** What holds for this endpoint in another way than for its provider. */
  data_policy?: DataPolicyView | undefined;
  /** YYYY-MM-DD. */
  deprecated_at?: string | undefined;
  scales_to_zero?: boolean | undefined;
  weight?: number | undefined;
}

export interface ModelInput {
  name?: string | undefined;
  kind: ModelKind;
  family?: string | undefined;
  context_length?: number | undefined;
  max_output_tokens?: number | undefined;
  input_modalities?: Modality[] | undefined;
  output_modalities?: Modality[] | undefined;
  knowledge?: string | undefined;
  release_date?: string | undefined;
  open_weights?: boolean | undefined;
  slugs?: string[] | undefined;
  benchmarks?: Undefinable<Benchmark>[] | undefined;
  endpoints: EndpointInput[];
}

/** What is charged by its input alone. */
const WITHOUT_OUTPUT: ReadonlySet<ModelKind> = new Set(['embedding', 'moderation', 'rerank']);

const RATES: readonly (readonly [keyof Rates, keyof RatesView])[] = [
  ['input', 'input'],
  ['output', 'output'],
  ['cachedInput', 'cached_input'],
  ['cacheWrite', 'cache_write'],
  ['cacheWriteLong', 'cache_write_long'],
  ['reasoning', 'reasoning'],
  ['inputAudio', 'input_audio'],
  ['outputAudio', 'output_audio'],
  ['inputImage', 'input_image'],
  ['outputImage', 'output_image'],
];

export function capabilitiesFrom({ structured_output, ...same }: CapabilitiesInput): Capabilities {
  const entries = Object.entries({ ...same, structuredOutput: structured_output });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

export function capabilitiesView({ structuredOutput, ...same }: Capabilities): CapabilitiesInput {
  return structuredOutput === undefined ? same : { ...same, structured_output: structuredOutput };
}

/**
 * USD per 1M tokens to the registry's rates.
 * @throws GatewayError `missing_parameter` without an output that this kind is charged by; `invalid_value` for tiers
 *   out of order.
 */
export function priceFrom(input: PriceInput, kind: ModelKind, param: string): Price {
  const price: Price = ratesFrom(input, kind, param);
  if (input.per_request !== undefined) price.perRequest = nano(input.per_request);
  if (input.image !== undefined) price.perImage = nano(input.image);
  if (input.search !== undefined) price.perSearch = nano(input.search);
  if (input.characters !== undefined) price.characters = nano(input.characters);
  if (input.audio_minute !== undefined) price.audioHour = nano(input.audio_minute * 60);
  if (input.least_audio_seconds !== undefined)
    price.leastAudioMs = Math.round(input.least_audio_seconds * 1000);
  if (input.tools !== undefined) price.tools = eachTool(input.tools, nano);
  if (input.batch_discount !== undefined) price.batchDiscount = input.batch_discount;
  if (input.tiers && input.tiers.length > 0) {
    let last = 0;
    price.tiers = input.tiers.map((tier, index) => {
      if (tier.above <= last) {
        const at = `${param}.tiers[${index}].above`;
        throw new GatewayError('invalid_value', {
          param: at,
          message: `${at} must be larger than that of the tier before.`,
        });
      }
      last = tier.above;
      return { above: tier.above, ...ratesFrom(tier, kind, `${param}.tiers[${index}]`) };
    });
  }
  return price;
}

/** The registry's rates as USD per 1M tokens. */
export function priceView(price: Price): PriceView {
  const view: PriceView = ratesView(price);
  if (price.perRequest !== undefined) view.per_request = price.perRequest / NANO_PER_USD;
  if (price.perImage !== undefined) view.image = price.perImage / NANO_PER_USD;
  if (price.perSearch !== undefined) view.search = price.perSearch / NANO_PER_USD;
  if (price.characters !== undefined) view.characters = price.characters / NANO_PER_USD;
  if (price.audioHour !== undefined) view.audio_minute = price.audioHour / NANO_PER_USD / 60;
  if (price.leastAudioMs !== undefined) view.least_audio_seconds = price.leastAudioMs / 1000;
  if (price.tools !== undefined) view.tools = eachTool(price.tools, (rate) => rate / NANO_PER_USD);
  if (price.batchDiscount !== undefined) view.batch_discount = price.batchDiscount;
  if (price.tiers) view.tiers = price.tiers.map((tier) => ({ above: tier.above, ...ratesView(tier) }));
  return view;
}

function ratesFrom(input: RatesInput, kind: ModelKind, param: string): Rates {
  if (input.output === undefined && !WITHOUT_OUTPUT.has(kind)) {
    const missing = `${param}.output`;
    throw new GatewayError('missing_parameter', { param: missing, message: `${missing} is required.` });
  }
  const rates: Rates = { input: nano(input.input), output: nano(input.output ?? 0) };
  for (const [rate, name] of RATES) {
    const usd = input[name];
    if (usd !== undefined) rates[rate] = nano(usd);
  }
  return rates;
}

function ratesView(rates: Rates): RatesView {
  const view: RatesView = { input: 0, output: 0 };
  for (const [rate, name] of RATES) {
    const amount = rates[rate];
    if (amount !== undefined) view[name] = amount / NANO_PER_USD;
  }
  return view;
}

function eachTool(tools: Record<string, number>, change: (rate: number) => number): Record<string, number> {
  return Object.fromEntries(Object.entries(tools).map(([tool, rate]) => [tool, change(rate)]));
}

function nano(usd: number): number {
  return Math.round(usd * NANO_PER_USD);
}
