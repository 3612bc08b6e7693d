import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { ledgerCsv } from '../../billing/ledger/csv.ts';
import { listLedger } from '../../billing/ledger/list.ts';
import { KINDS, REFERENCE_TYPES } from '../../billing/ledger/view.ts';
import { permitted } from '../middleware/role.ts';
import { type ApiEnv, errors, IdParams, json, pageSchema, Seconds } from './schemas.ts';

const Entry = z
  .object({
    id: z.string(),
    sequence: z.number().int(),
    kind: z.enum(KINDS),
    amount_usd: z.number().meta({ description: 'Positive is money in.' }),
    amount_nano_usd: z.number().int().meta({ description: 'The same, exactly.' }),
    reference_type: z.enum(REFERENCE_TYPES),
    reference: z.string().meta({ description: 'What it is for: an id, or the reason of a grant.' }),
    created_at: Seconds,
  })
  .meta({ id: 'LedgerEntry' });

const Ledger = z
  .object({
    balance_usd: z.number().meta({ description: 'The sum of all entries there are, at that moment.' }),
    balance_nano_usd: z.number().int(),
    ...pageSchema(Entry).shape,
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: 'Give it as `after` to read on; null at the end.' }),
  })
  .meta({ id: 'Ledger' });

const Query = z.object({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: 'Entries behind the one of this sequence.' }),
  order: z
    .enum(['asc', 'desc'])
    .default('desc')
    .meta({ description: 'Newest first, or, with `asc`, oldest first.' }),
  limit: z.coerce.number().int().min(1).max(1000).default(50).meta({ description: 'Entries to answer.' }),
  kind: z.enum(KINDS).optional().meta({ description: 'Of one kind alone.' }),
});

const list = createRoute({
  method: 'get',
  path: '/workspaces/{id}/ledger',
  summary: 'Read the ledger of a workspace',
  description: 'All that moved its balance, which is the sum of it.',
  tags: ['Payments'],
  middleware: permitted('ledger.read'),
  request: { params: IdParams, query: Query },
  responses: {
    200: { description: 'A page and the balance', content: json(Ledger) },
    ...errors('not_found', 'invalid_value'),
  },
});

const download = createRoute({
  method: 'get',
  path: '/workspaces/{id}/ledger.csv',
  summary: 'Read the ledger of a workspace as CSV',
  description: 'The same page with exact decimals. Read on with the `sequence` of its last row as `after`.',
  tags: ['Payments'],
  middleware: permitted('ledger.read'),
  request: { params: IdParams, query: Query },
  responses: {
    200: { description: 'A page', content: { 'text/csv': { schema: z.string() } } },
    ...errors('not_found', 'invalid_value'),
  },
});

export const ledger = new OpenAPIHono<ApiEnv>()
  .openapi(list, async (c) =>
    c.json(await listLedger(c.env, c.get('principal'), c.req.valid('param').id, c.req.valid('query')), 200),
  )
  .openapi(download, async (c) => {
    const { id } = c.req.valid('param');
    const { data } = await listLedger(c.env, c.get('principal'), id, c.req.valid('query'));
    return c.body(ledgerCsv(data), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="ledger.csv"',
      'x-content-type-options': 'nosniff',
    });
  });
