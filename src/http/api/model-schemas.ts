import * as z from 'zod';
import { Name } from './schemas.ts';

/** No price comes near; it keeps every rate within what a number holds exactly. */
const MAX_USD_PER_MILLION = 1_000_000;

const MODEL_ID = /^[a-z0-9][a-z0-9._:+-]*(\/[a-z0-9][a-z0-9._:+-]*)*$/;

export const ModelParams = z.object({
  id: z
    .string()
    .max(200)
    .transform((id) => id.toLowerCase())
    .pipe(z.string().regex(MODEL_ID))
    .meta({ description: '`vendor/model`, URL-encoded.', example: 'openai/gpt-4o' }),
});

const Usd = z.number().min(0).max(MAX_USD_PER_MILLION);
const Tokens = z.number().int().min(1).max(1_000_000_000);

const rates = {
  input: Usd,
  output: Usd,
  cached_input: Usd.optional(),
  cache_write: Usd.optional(),
  cache_write_long: Usd.optional().meta({ description: 'Cache writes with a lifetime of an hour.' }),
  reasoning: Usd.optional().meta({ description: 'Where it is priced apart from other output.' }),
  input_audio: Usd.optional(),
  output_audio: Usd.optional(),
  input_image: Usd.optional(),
  output_image: Usd.optional(),
};

/** What is priced by other things than tokens. */
const units = {
  image: Usd.optional().meta({ description: 'USD per picture that is made, on top of the tokens.' }),
  search: Usd.optional().meta({
    description: 'USD per search of a reranker, on top of the tokens; most count 100 documents as one.',
  }),
  characters: Usd.optional().meta({
    description: 'USD per 1M characters that are spoken, on top of the tokens.',
  }),
  audio_minute: Usd.optional().meta({
    description: 'USD per minute of sound that is listened to, on top of the tokens.',
  }),
  least_audio_seconds: z.number().min(0).max(3600).optional().meta({
    description: 'Shorter sound is billed as if it were so long.',
  }),
};

/** What a price has for batches. */
const batches = {
  batch_discount: z
    .number()
    .min(0)
    .max(1)
    .multipleOf(0.0001)
    .optional()
    .meta({ description: 'What of it is left out for lines of batches, 0 to 1.' }),
};

const PER_TOKENS = 'USD per 1M tokens. A kind without a rate is charged as input or output.';
const TIERS = 'Rates for requests whose input is larger than `above` tokens; ascending.';

export const Price = z
  .strictObject({
    ...rates,
    ...units,
    tools: z
      .record(
        z
          .string()
          .regex(/^[a-z][a-z0-9_]*$/)
          .max(80),
        Usd,
      )
      .optional()
      .meta({
        description:
          'USD per 1,000 calls of tools that run at the provider, such as `web_search`; with `_prompt` behind the name, per 1,000 answers that used it. 0: nothing beyond tokens. What is not named is not known, and not to be had on the operator’s credentials.',
        example: { web_search: 10 },
      }),
    per_request: Usd.optional().meta({ description: 'USD per request, on top of the tokens.' }),
    ...batches,
    tiers: z
      .array(z.strictObject({ above: Tokens, ...rates }))
      .max(10)
      .optional()
      .meta({ description: TIERS }),
  })
  .meta({
    id: 'Price',
    description: PER_TOKENS,
  });

const writtenRates = {
  ...rates,
  output: Usd.optional().meta({
    description:
      '0 unless said, for kinds that are charged by their input alone: embedding, moderation, rerank.',
  }),
};

/** A price as it is written. */
const WrittenPrice = z
  .strictObject({
    ...Price.shape,
    ...writtenRates,
    tiers: z
      .array(z.strictObject({ above: Tokens, ...writtenRates }))
      .max(10)
      .optional()
      .meta({ description: TIERS }),
  })
  .meta({ id: 'PriceInput', description: PER_TOKENS });

/** What is not priced by tokens at all. */
const UnitPrice = z
  .strictObject({ ...units, ...batches })
  .refine((price) => ['image', 'search', 'characters', 'audio_minute'].some((unit) => unit in price), {
    path: ['input'],
  })
  .transform((price) => ({ input: 0, output: 0, ...price }))
  .meta({
    id: 'UnitPrice',
    description:
      'USD per picture, per search, per 1M characters, or per minute of sound; tokens cost nothing.',
  });

const abilities = ['tools', 'reasoning', 'structured_output', 'temperature', 'attachments'] as const;

const CapabilityFlags = z
  .strictObject({
    tools: z.boolean().optional(),
    reasoning: z.boolean().optional(),
    structured_output: z.boolean().optional(),
    temperature: z.boolean().optional(),
    attachments: z.boolean().optional(),
    api: z.enum(['responses', 'completions']).optional().meta({
      description: 'The one API that it answers at; absent is chat completions.',
    }),
  })
  .meta({ id: 'Capabilities', description: 'What an endpoint is known to take; absent is unknown.' });

const CapabilitiesInput = z.union([
  z.array(z.enum(abilities)).transform((list) => Object.fromEntries(list.map((name) => [name, true]))),
  CapabilityFlags,
]);

const DataPolicy = z
  .strictObject({
    training: z.boolean().optional().meta({ description: 'It may be trained on.' }),
    retention_days: z
      .number()
      .int()
      .min(0)
      .max(36_500)
      .optional()
      .meta({ description: 'It is kept so many days; 0 is not at all.' }),
  })
  .meta({ id: 'DataPolicy', description: 'What becomes of what is sent; absent is unknown.' });

const Word = z.string().trim().min(1).max(100);

const Benchmark = z
  .strictObject({
    name: Word,
    score: z.number().meta({ description: 'In percent, or as the source counts.' }),
    version: Word.optional(),
    dataset: Word.optional(),
    metric: Word.optional(),
    harness: Word.optional(),
    variant: Word.optional().meta({ description: 'Of the model, such as its effort.' }),
    source: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .optional(),
    date: z.iso.date().optional(),
  })
  .meta({
    id: 'Benchmark',
    description: 'Comparable only where name, version, dataset, metric and harness are the same.',
  });

/** As providers write them: `eu`, `us-east-1`, `global`. */
const Region = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be a region name in lower case, such as eu-west-1')
  .max(50);

const Kind = z.enum(['chat', 'embedding', 'image', 'speech', 'transcription', 'moderation', 'rerank']);
const Modality = z.enum(['text', 'image', 'audio', 'video', 'pdf']);

export const Model = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: Kind,
    vendor: z.string(),
    family: z.string().nullable(),
    context_length: z.number().int().nullable(),
    max_output_tokens: z.number().int().nullable(),
    input_modalities: z.array(Modality),
    output_modalities: z.array(Modality),
    knowledge: z.string().nullable(),
    release_date: z.string().nullable(),
    open_weights: z.boolean().nullable(),
    slugs: z.array(z.string()),
    moving_slugs: z
      .array(z.string())
      .meta({ description: 'Names that are the model’s for as long as none of its family is newer.' }),
    benchmarks: z.array(Benchmark),
    endpoints: z.array(
      z.object({
        id: z.string(),
        provider: z.string(),
        upstream_model: z.string(),
        price: Price.nullable(),
        price_version: z.string().nullable(),
        regions: z.array(z.string()),
        capabilities: CapabilityFlags,
        context_length: z.number().int().nullable(),
        max_output_tokens: z.number().int().nullable(),
        quantization: z.string().nullable(),
        data_policy: DataPolicy.nullable().meta({
          description: 'Its own; else what its provider says holds.',
        }),
        deprecated_at: z.string().nullable(),
        scales_to_zero: z.boolean().nullable(),
        weight: z.number().nullable(),
      }),
    ),
  })
  .meta({ id: 'Model' });

export const ModelInput = z.strictObject({
  name: Name.optional(),
  kind: Kind,
  family: z.string().max(100).optional(),
  context_length: Tokens.optional(),
  max_output_tokens: Tokens.optional(),
  input_modalities: z.array(Modality).min(1).optional(),
  output_modalities: z.array(Modality).min(1).optional(),
  knowledge: z.string().max(20).optional(),
  release_date: z.iso.date().optional(),
  open_weights: z.boolean().optional(),
  slugs: z.array(z.string().trim().min(1).max(200)).max(50).optional(),
  benchmarks: z.array(Benchmark).max(200).optional(),
  endpoints: z
    .array(
      z.strictObject({
        provider: z.string().min(1).max(64),
        upstream_model: z.string().min(1).max(300),
        price: z
          .union([WrittenPrice, UnitPrice])
          .nullable()
          .optional()
          .meta({ description: 'Absent: not known, and so is what answers cost.' }),
        regions: z
          .array(Region)
          .max(50)
          .optional()
          .meta({ description: 'Where it answers; where none is said, anywhere.' }),
        capabilities: CapabilitiesInput.optional(),
        context_length: Tokens.optional(),
        max_output_tokens: Tokens.optional(),
        quantization: z
          .string()
          .regex(/^[a-z0-9]+([._-][a-z0-9]+)*$/, 'must be a format in lower case, such as fp8')
          .max(30)
          .optional(),
        data_policy: DataPolicy.optional().meta({
          description: 'Where it is another than what the provider says.',
        }),
        deprecated_at: z.iso
          .date()
          .optional()
          .meta({ description: 'The day on which the provider ends it.' }),
        scales_to_zero: z
          .boolean()
          .optional()
          .meta({ description: 'The first request after a pause waits for hardware.' }),
        weight: z.number().min(0).max(1000).optional().meta({
          description: 'Share of the requests among the endpoints of the model.',
        }),
      }),
    )
    .max(50)
    .meta({ description: 'In the order in which they are tried.' }),
});
