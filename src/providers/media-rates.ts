import type { Price, Rates } from '../registry/types.ts';

/** What models.dev says of an endpoint's tokens, and the rates by medium that it has no words for. USD per 1M tokens. */
interface MediaRates {
  says: { input: number; output: number };
  rates: Partial<Record<'output' | 'inputImage' | 'outputImage', number>>;
}

/**
 * By endpoint. models.dev gives the rate of pictures as that of all output.
 * OpenAI: https://openai.com/api/pricing, as https://tokenmix.ai/blog/gpt-image-2-pricing-cost-signals-2026 and
 * https://robotsatlas.com/ai-models/chatgpt-images-2-0 cite it. Google: https://ai.google.dev/gemini-api/docs/pricing.
 */
const PICTURES: ReadonlyMap<string, MediaRates> = new Map([
  [
    'openai/gpt-image-2@openai',
    { says: { input: 5, output: 30 }, rates: { output: 10, inputImage: 8, outputImage: 30 } },
  ],
  [
    'google/gemini-2.5-flash-image@google',
    { says: { input: 0.3, output: 30 }, rates: { output: 2.5, outputImage: 30 } },
  ],
  [
    'google/gemini-3-pro-image-preview@google',
    { says: { input: 2, output: 120 }, rates: { output: 12, outputImage: 120 } },
  ],
  [
    'google/gemini-3.1-flash-image-preview@google',
    { says: { input: 0.5, output: 60 }, rates: { output: 3, outputImage: 60 } },
  ],
]);

/** Gemini Pro hears at the rate at which it reads, at its vendor: https://ai.google.dev/gemini-api/docs/pricing. */
const HEARS_AS_IT_READS = /^google\/gemini-[\d.]+-pro(-preview(-customtools)?)?@(google|vertex)$/;

const NANO_PER_USD = 1_000_000_000;

/**
 * A price of models.dev with the rates by medium that it lacks. Where it says something else of the tokens by now,
 * those are no longer known either, and it stays as it is.
 * @param endpoint `<model id>@<provider id>`.
 */
export function withMediaRates(endpoint: string, price: Price): Price {
  const known = PICTURES.get(endpoint);
  if (known && price.input === nano(known.says.input) && price.output === nano(known.says.output)) {
    const rates = Object.entries(known.rates).map(([name, usd]) => [name, nano(usd)]);
    return { ...price, ...(Object.fromEntries(rates) as Partial<Rates>) };
  }
  if (!HEARS_AS_IT_READS.test(endpoint)) return price;
  const tiers = price.tiers?.map((tier) => ({ inputAudio: tier.input, ...tier }));
  return { inputAudio: price.input, ...price, ...(tiers ? { tiers } : {}) };
}

function nano(usd: number): number {
  return Math.round(usd * NANO_PER_USD);
}
