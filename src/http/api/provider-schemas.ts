import * as z from 'zod';

/** A provider's secret as it is entered: what fits into a header. */
export const Secret = z
  .string()
  .min(1)
  .max(10_000)
  .regex(/^[\x21-\x7e]+$/);
