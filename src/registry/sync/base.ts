import * as z from 'zod/mini';
import { asObject, type Json } from '../../lib/json.ts';
import { PROVIDERS } from '../../providers/catalogue-taken.ts';
import type { Source, SourceModel } from '../models-dev/types.ts';
import { SourceError } from './fetch-source.ts';

const Usd = z.number().check(z.minimum(0), z.maximum(1_000_000));
const Tokens = z.optional(z.number().check(z.minimum(0), z.maximum(1_000_000_000)));
const Name = z.string().check(z.minLength(1), z.maxLength(300));
const Flag = z.optional(z.boolean());

const rates = {
  input: Usd,
  output: Usd,
  cache_read: z.optional(Usd),
  cache_write: z.optional(Usd),
  cached_input: z.optional(Usd),
  reasoning: z.optional(Usd),
  input_audio: z.optional(Usd),
  output_audio: z.optional(Usd),
};

const Text = z.optional(z.string().check(z.minLength(1), z.maxLength(200)));

const Benchmark = z.object({
  name: Name,
  score: z.number(),
  version: Text,
  dataset: Text,
  metric: Text,
  harness: Text,
  variant: Text,
  source: z.optional(z.url({ protocol: /^https?$/ }).check(z.maxLength(500))),
  date: z.optional(z.iso.date()),
});

const Model = z.object({
  id: Name,
  name: Name,
  base_model: z.optional(Name),
  family: z.optional(Name),
  attachment: Flag,
  reasoning: Flag,
  tool_call: Flag,
  structured_output: Flag,
  temperature: Flag,
  knowledge: z.optional(z.string().check(z.regex(/^\d{4}(-\d\d){0,2}$/))),
  release_date: z.optional(z.string().check(z.regex(/^\d{4}(-\d\d){0,2}$/))),
  open_weights: Flag,
  status: z.optional(z.string()),
  provider: z.optional(z.object({ api: z.optional(z.string()), shape: z.optional(z.string()) })),
  // Scores that cannot be read make no model unreadable.
  benchmarks: z.catch(z.optional(z.array(Benchmark).check(z.maxLength(200))), undefined),
  modalities: z.object({
    input: z.array(z.enum(['text', 'image', 'audio', 'video', 'pdf'])).check(z.minLength(1)),
    output: z.array(z.enum(['text', 'image', 'audio', 'video', 'pdf'])).check(z.minLength(1)),
  }),
  limit: z.object({ context: Tokens, output: Tokens }),
  cost: z.optional(
    z.object({
      ...rates,
      tiers: z.optional(z.array(z.object({ ...rates, tier: z.object({ size: z.number() }) }))),
    }),
  ),
});

/** A source of which more than this share cannot be read is garbled. */
const MOST_UNREADABLE = 0.05;

/**
 * Checks the data of models.dev, of which only the providers in use are read.
 * @throws SourceError when it is not what it should be, or too much of it.
 */
export function readBase(json: Json): Source {
  const source: Source = {};
  let read = 0;
  let unreadable = 0;
  for (const id of Object.keys(PROVIDERS)) {
    const models: Record<string, SourceModel> = {};
    for (const [key, value] of Object.entries(asObject(asObject(asObject(json)?.[id])?.models) ?? {})) {
      const model = Model.safeParse(value);
      if (model.success) {
        models[key] = model.data as SourceModel;
        read++;
      } else unreadable++;
    }
    source[id] = { models };
  }
  if (read === 0) throw new SourceError('no models');
  if (unreadable > (read + unreadable) * MOST_UNREADABLE)
    throw new SourceError(`${unreadable} models are unreadable`);
  return source;
}
