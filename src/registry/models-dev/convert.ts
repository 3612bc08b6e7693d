import { LONG_CACHE } from '../../providers/catalogue-taken.ts';
import type { CatalogueModel } from '../catalogue/types.ts';
import type { Price, Rates } from '../types.ts';
import type { SourceCost, SourceModel } from './types.ts';

/** What a model is for; undefined for what the gateway has no endpoint for (video, realtime). */
export function kindOf({ id, family, modalities }: SourceModel): CatalogueModel['kind'] | 'chat' | undefined {
  const { input, output } = modalities;
  if (output.includes('video') || /-realtime\b/.test(id)) return undefined;
  if (/embed/.test(`${id} ${family ?? ''}`)) return 'embedding';
  if (!input.includes('text') && input.includes('audio')) return 'transcription';
  if (output.length === 1 && output[0] === 'audio') return 'speech';
  if (/^(chat)?gpt-image\b/.test(id) || (output.includes('image') && !output.includes('text')))
    return 'image';
  return 'chat';
}

const NANO_PER_USD = 1_000_000_000;

function nano(usd: number): number {
  return Math.round(usd * NANO_PER_USD);
}

function ratesOf(cost: SourceCost): Rates {
  const rates: Rates = { input: nano(cost.input), output: nano(cost.output) };
  const cached = cost.cache_read ?? cost.cached_input;
  if (cached !== undefined) rates.cachedInput = nano(cached);
  if (cost.cache_write !== undefined) rates.cacheWrite = nano(cost.cache_write);
  // A reasoning rate equal to that of output says nothing.
  if (cost.reasoning !== undefined && cost.reasoning !== cost.output) rates.reasoning = nano(cost.reasoning);
  if (cost.input_audio !== undefined) rates.inputAudio = nano(cost.input_audio);
  if (cost.output_audio !== undefined) rates.outputAudio = nano(cost.output_audio);
  return rates;
}

/** Rates in nano-USD per 1M tokens, or undefined where models.dev has none. */
export function priceOf(provider: string, { id, cost }: SourceModel, zeroPrices: boolean): Price | undefined {
  if (!cost) return undefined;
  // A price of nothing is a gap unless the model says that it is free.
  if (!zeroPrices && cost.input === 0 && cost.output === 0 && !/\bfree$/.test(id)) return undefined;
  const price: Price = ratesOf(cost);
  const tiers = (cost.tiers ?? [])
    .map((tier) => ({ above: tier.tier.size, ...ratesOf(tier) }))
    .sort((a, b) => a.above - b.above);
  if (tiers.length > 0) price.tiers = tiers;
  if (LONG_CACHE.has(provider) && price.cacheWrite !== undefined) price.cacheWriteLong = price.input * 2;
  return price;
}

/** Letters of CatalogueEndpoint.can. */
export function abilitiesOf(model: SourceModel): string {
  const abilities: [letter: string, value: boolean | undefined][] = [
    ['t', model.tool_call],
    ['r', model.reasoning],
    ['s', model.structured_output],
    ['k', model.temperature],
    ['a', model.attachment],
  ];
  const yes = abilities.filter(([, value]) => value === true).map(([letter]) => letter);
  const no = abilities.filter(([, value]) => value === false).map(([letter]) => letter);
  return yes.join('') + (no.length > 0 ? `!${no.join('')}` : '');
}
