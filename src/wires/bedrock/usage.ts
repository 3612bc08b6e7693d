import { asArray, asNumber, asObject, type JsonObject } from '../../lib/json.ts';
import type { Usage } from '../types.ts';
import { NO_USAGE } from '../usage.ts';

/**
 * Reads a TokenUsage (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html).
 * `inputTokens` leaves the cache out for most models and holds it for some; the total tells which. Reasoning
 * is part of the output and not counted apart.
 */
export function readUsage(raw: JsonObject): Usage {
  const read = count(raw.cacheReadInputTokens);
  const written = count(raw.cacheWriteInputTokens);
  const input = count(raw.inputTokens);
  const output = count(raw.outputTokens);
  const holdsCache = read + written > 0 && asNumber(raw.totalTokens) === input + output;
  const long = asArray(raw.cacheDetails)
    .map((detail) => asObject(detail))
    .filter((detail) => detail?.ttl === '1h')
    .reduce((sum, detail) => sum + count(detail?.inputTokens), 0);
  return {
    ...NO_USAGE,
    inputTokens: holdsCache ? input : input + read + written,
    outputTokens: output,
    cachedInputTokens: read,
    cacheWriteTokens: written - Math.min(written, long),
    cacheWriteLongTokens: Math.min(written, long),
    raw,
  };
}

function count(value: unknown): number {
  return Math.max(0, asNumber(value) ?? 0);
}
