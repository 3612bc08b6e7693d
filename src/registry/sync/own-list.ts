import * as z from 'zod/mini';
import { asArray, asObject, type Json } from '../../lib/json.ts';
import { SourceError } from './fetch-source.ts';
import type { OwnEntry } from './types.ts';

const Usd = z.number().check(z.minimum(0), z.maximum(1_000_000));
const Count = z.nullish(z.number().check(z.minimum(0), z.maximum(1_000_000_000)));

/**
 * A model of a list in OpenAI's shape that nests limits and prices in `metadata`: numbers, USD per 1M
 * tokens. https://deepinfra.com/docs/openai_api. What has no price per token is priced in another way.
 */
const Entry = z.object({
  id: z.string().check(z.minLength(1), z.maxLength(300)),
  metadata: z.nullish(
    z.object({
      context_length: Count,
      max_tokens: Count,
      pricing: z.nullish(
        z.object({
          input_tokens: z.optional(Usd),
          output_tokens: z.optional(Usd),
          cache_read_tokens: z.nullish(Usd),
        }),
      ),
    }),
  ),
});

const MOST_UNREADABLE = 0.05;
const NANO_PER_USD = 1_000_000_000;

/** Reads a provider's own `GET /models`. @throws SourceError when it is not what it should be. */
export function readOwnList(json: Json): OwnEntry[] {
  const entries = asArray(asObject(json)?.data);
  const read = entries.flatMap((entry) => {
    const parsed = Entry.safeParse(entry);
    return parsed.success ? [ownEntry(parsed.data)] : [];
  });
  if (read.length === 0) throw new SourceError('no models');
  const unreadable = entries.length - read.length;
  if (unreadable > entries.length * MOST_UNREADABLE)
    throw new SourceError(`${unreadable} models are unreadable`);
  return read;
}

function ownEntry({ id, metadata }: z.infer<typeof Entry>): OwnEntry {
  const entry: OwnEntry = { upstream: id };
  const { input_tokens: input, output_tokens: output, cache_read_tokens: cached } = metadata?.pricing ?? {};
  if (input !== undefined && output !== undefined) {
    entry.price = { input: nano(input), output: nano(output) };
    if (typeof cached === 'number') entry.price.cachedInput = nano(cached);
  }
  if (metadata?.context_length) entry.context = metadata.context_length;
  if (metadata?.max_tokens) entry.output = metadata.max_tokens;
  return entry;
}

function nano(usd: number): number {
  return Math.round(usd * NANO_PER_USD);
}
