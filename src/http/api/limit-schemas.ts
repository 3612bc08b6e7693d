import * as z from 'zod';
import { BUDGET_WINDOWS } from '../../tenancy/types.ts';

const Rate = z.number().int().min(1).max(1_000_000_000);

export const limitFields = {
  requests_per_minute: Rate.optional(),
  tokens_per_minute: Rate.optional(),
  concurrent: Rate.optional().meta({ description: 'Requests under way at one time.' }),
};

export const LimitsSchema = z.strictObject(limitFields).meta({ id: 'Limits' });

/** A model id or a glob over ids. */
export const ModelGlob = z.string().trim().min(1).max(200);

export const ModelLimits = z.array(z.strictObject({ models: ModelGlob, ...limitFields })).max(50);

export const Budgets = z
  .array(
    z.strictObject({
      window: z.enum(BUDGET_WINDOWS).meta({ description: 'UTC; weeks begin on Monday.' }),
      amount_usd: z.number().min(0),
    }),
  )
  .max(4);

export const AllowanceSchema = z.strictObject({ ...limitFields, budgets: Budgets.optional() });

const RateUse = z.object({ limit: z.number(), remaining: z.number(), reset_s: z.number() }).nullable();

export const UsageSchema = z.object({
  requests_per_minute: RateUse,
  tokens_per_minute: RateUse,
  concurrent: z.object({ limit: z.number().nullable(), used: z.number() }),
  budgets: z.array(
    z.object({
      window: z.string(),
      amount_usd: z.number(),
      spent_usd: z.number(),
      held_usd: z.number().meta({ description: 'Reserved for requests under way.' }),
      remaining_usd: z.number(),
      resets_at: z.number().nullable(),
    }),
  ),
});
