import * as z from 'zod';
import { Seconds } from '../schemas.ts';

export const Month = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/)
  .meta({ description: 'YYYY-MM, UTC.' });

export const Tax = z
  .strictObject({
    name: z.string().trim().min(1).max(100).meta({ description: 'As the invoice names it, e.g. `VAT`.' }),
    percent: z.number().min(0).max(100).meta({ description: 'With at most four decimals.' }),
  })
  .meta({ id: 'Tax' });

export const Credit = z.strictObject({
  amount_usd: z.number().positive().meta({ description: 'Before tax.' }),
  reason: z.string().trim().min(1).max(500),
  id: z
    .string()
    .min(1)
    .max(100)
    .meta({ description: 'An id of your own: repeated with it, nothing changes.' }),
});

export const InvoiceSummary = z
  .object({
    id: z.string(),
    number: z.number().int().meta({ description: '1, 2, 3, … over the whole deployment, without gaps.' }),
    kind: z.enum(['invoice', 'credit_note']),
    workspace: z.object({ id: z.string(), name: z.string() }),
    period: Month,
    issued_at: Seconds,
    currency: z.literal('USD'),
    subtotal_usd: z.number(),
    tax: z.object({ name: z.string(), percent: z.number(), amount_usd: z.number() }).nullable(),
    total_usd: z.number(),
    refers_to: z
      .object({ invoice: z.number().nullable(), top_up: z.string().nullable(), reason: z.string() })
      .nullable()
      .meta({ description: 'Of a credit note: what it takes back from, and why.' }),
  })
  .meta({ id: 'InvoiceSummary' });

export const Invoice = InvoiceSummary.extend({
  lines: z.array(
    z.object({
      project: z.object({ id: z.string(), name: z.string() }).nullable(),
      model: z.string().nullable(),
      provider: z.string().nullable(),
      unit: z.string(),
      quantity: z.number(),
      requests: z.number().int(),
      unit_price_usd: z.number().meta({
        description:
          'USD per 1M tokens or characters, per picture, per hour of sound, per 1,000 calls of a tool, or per request.',
      }),
      amount_usd: z.number(),
    }),
  ),
}).meta({ id: 'Invoice' });

export const Usage = Invoice.pick({
  workspace: true,
  period: true,
  currency: true,
  subtotal_usd: true,
  tax: true,
  total_usd: true,
  lines: true,
})
  .extend({
    complete: z.boolean().meta({
      description: 'Whether the month is over: then the invoice says the same, unless the tax was changed.',
    }),
  })
  .meta({ id: 'Usage' });
