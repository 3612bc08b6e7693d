import { asNumber, type JsonObject } from '../../../lib/json.ts';

/** A number within the bounds of a schema: 1 or 0 where they may be, else at or near a bound. */
export function exampleNumber(schema: JsonObject): number {
  const least = asNumber(schema.minimum) ?? Number.NEGATIVE_INFINITY;
  const above = asNumber(schema.exclusiveMinimum) ?? Number.NEGATIVE_INFINITY;
  const most = asNumber(schema.maximum) ?? Number.POSITIVE_INFINITY;
  const below = asNumber(schema.exclusiveMaximum) ?? Number.POSITIVE_INFINITY;
  const whole = isInteger(schema);
  const fits = (value: number): boolean =>
    value >= least && value > above && value <= most && value < below && !(whole && !Number.isInteger(value));

  const low = Math.max(least, above);
  const high = Math.min(most, below);
  const near = [1, 0, low, high, (low + high) / 2].filter(Number.isFinite);
  const step = asNumber(schema.multipleOf) ?? (whole ? 1 : undefined);
  if (step === undefined || step <= 0) {
    return [...near, low + 1, high - 1].find(fits) ?? 0;
  }
  const multiples = near.flatMap((value) => {
    const times = Math.round(value / step);
    return [times, times + 1, times - 1].map((count) => exactly(count * step));
  });
  return multiples.find(fits) ?? 0;
}

/** Without the noise of binary fractions: 3 × 0.1 is 0.3. */
function exactly(value: number): number {
  return Number(value.toPrecision(12));
}

function isInteger(schema: JsonObject): boolean {
  return schema.type === 'integer' || (Array.isArray(schema.type) && schema.type.includes('integer'));
}
