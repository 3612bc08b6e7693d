import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { listDifferences } from '../../billing/reconciliation/list-differences.ts';
import { DIFFERENCE_KINDS } from '../../billing/reconciliation/types.ts';
import { permitted } from '../middleware/role.ts';
import { type ApiEnv, errors, json, pageSchema, ScopedPageQuery, Seconds } from './schemas.ts';

const Difference = z
  .object({
    workspace: z.string(),
    generation: z.string().nullable().meta({ description: 'Null for `invoice_total`.' }),
    invoice: z.string().nullable().meta({ description: 'For `invoice_total`.' }),
    kind: z.enum(DIFFERENCE_KINDS),
    ledger_usd: z.number().nullable().meta({ description: 'What the ledger took.' }),
    receipt_usd: z.number().nullable().meta({
      description: 'What the receipt charges, or the invoice; for `upstream_cost`, our figure of the cost.',
    }),
    upstream_usd: z.number().nullable().meta({ description: 'What the provider reports.' }),
    found_at: Seconds,
    resolved_at: Seconds.nullable(),
  })
  .meta({ id: 'Difference' });

const list = createRoute({
  method: 'get',
  path: '/reconciliation',
  summary: 'Read where accounts differ',
  description:
    'Receipts, the ledger and what providers report are compared every hour, ten minutes after an answer at the earliest. A provider’s figure differs when it is over 1 % off ours.',
  tags: ['Reconciliation'],
  middleware: permitted('reconciliation.read'),
  request: {
    query: ScopedPageQuery.extend({
      kind: z.enum(DIFFERENCE_KINDS).optional(),
      resolved: z
        .enum(['true', 'false'])
        .optional()
        .meta({ description: '`true` also answers those that are none any more.' }),
    }),
  },
  responses: {
    200: {
      description: 'A page, newest first',
      content: json(
        pageSchema(Difference).extend({
          checked_at: Seconds.nullable().meta({ description: 'When accounts were last compared.' }),
        }),
      ),
    },
    ...errors('not_found', 'invalid_value'),
  },
});

export const reconciliation = new OpenAPIHono<ApiEnv>().openapi(list, async (c) => {
  const { resolved, ...query } = c.req.valid('query');
  const asked = { ...query, resolved: resolved === 'true' };
  return c.json(await listDifferences(c.env, c.get('principal'), asked), 200);
});
