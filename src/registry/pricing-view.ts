import type { Price, Rates } from './types.ts';

/**
 * Prices as decimal strings of USD per token, request and so on: the shape that OpenRouter's clients read,
 * https://openrouter.ai/docs/overview/models#pricing-object
 */
export type Pricing = Record<string, string>;

const NAMES: readonly (readonly [keyof Rates, string])[] = [
  ['reasoning', 'internal_reasoning'],
  ['cachedInput', 'input_cache_read'],
  ['cacheWrite', 'input_cache_write'],
  ['inputAudio', 'audio'],
];

/** The rates of a price without its tiers. Null stays null: the price is not known. */
export function pricingOf(price: Price | null): Pricing | null {
  if (!price) return null;
  const pricing = ratesView(price);
  if (price.perRequest !== undefined) pricing.request = perToken(price.perRequest * 1_000_000);
  if (price.perImage !== undefined) pricing.image_output = perToken(price.perImage * 1_000_000);
  if (price.perSearch !== undefined) pricing.search = perToken(price.perSearch * 1_000_000);
  // Beyond OpenRouter's members: no client that does not look for them is misled.
  if (price.characters !== undefined) pricing.character = perToken(price.characters);
  if (price.audioHour !== undefined) pricing.audio_hour = perToken(price.audioHour * 1_000_000);
  for (const [tool, rate] of Object.entries(price.tools ?? {})) {
    pricing[tool === 'web_search' ? tool : `tool_${tool}`] = perToken(rate * 1000);
  }
  return pricing;
}

/** The rates that hold for requests whose input is larger than `above` tokens, ascending. */
export function tiersOf(price: Price | null): { above: number; pricing: Pricing }[] {
  return (price?.tiers ?? []).map((tier) => ({ above: tier.above, pricing: ratesView(tier) }));
}

function ratesView(rates: Rates): Pricing {
  const pricing: Pricing = { prompt: perToken(rates.input), completion: perToken(rates.output) };
  for (const [rate, name] of NAMES) {
    const amount = rates[rate];
    if (amount !== undefined) pricing[name] = perToken(amount);
  }
  return pricing;
}

/** Nano-USD per 1M tokens as a plain decimal of USD per token: 2_500_000_000 → "0.0000025". */
function perToken(rate: number): string {
  const digits = String(rate).padStart(16, '0');
  const fraction = digits.slice(-15).replace(/0+$/, '');
  return `${digits.slice(0, -15)}${fraction === '' ? '' : `.${fraction}`}`;
}
