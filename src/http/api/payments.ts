import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { createTopUp } from '../../billing/payments/create-top-up.ts';
import { getAutoTopUp } from '../../billing/payments/get-auto-top-up.ts';
import { listTopUps } from '../../billing/payments/list-top-ups.ts';
import { setAutoTopUp } from '../../billing/payments/set-auto-top-up.ts';
import { permitted } from '../middleware/role.ts';
import { originOf } from '../middleware/same-origin.ts';
import { type ApiEnv, errors, IdParams, json, PageQuery, pageSchema, Seconds } from './schemas.ts';

const Usd = z.number().meta({ description: 'USD, in whole cents.' });

const TopUp = z
  .object({
    id: z.string(),
    workspace: z.string(),
    amount_usd: z.number(),
    status: z.enum(['open', 'paid', 'expired', 'failed', 'refunded']),
    kind: z.enum(['checkout', 'automatic']),
    failure: z.string().nullable().meta({
      description: 'Why it was not paid, or, while it is open, why the last attempt failed.',
    }),
    refunded_usd: z
      .number()
      .meta({ description: 'What was taken back of it, also where that is under way.' }),
    created_by: z.string().meta({ description: 'The id of the person who paid, or `system`.' }),
    created_at: Seconds,
    updated_at: Seconds,
  })
  .meta({ id: 'TopUp' });

const AutoTopUp = z
  .object({
    below_usd: z.number(),
    amount_usd: z.number(),
    failure: z
      .object({ reason: z.string(), at: Seconds })
      .nullable()
      .meta({ description: 'Why it stopped: nothing is bought until it is set anew.' }),
  })
  .nullable()
  .meta({ id: 'AutoTopUp' });

const create = createRoute({
  method: 'post',
  path: '/workspaces/{id}/top-ups',
  summary: 'Buy credits',
  description:
    'Begins a payment. Send the person to `url`; the credits come when the payment provider says that it was paid. The card is saved for automatic top-ups.',
  tags: ['Payments'],
  middleware: permitted('credits.buy'),
  request: {
    params: IdParams,
    body: { required: true, content: json(z.strictObject({ amount_usd: Usd })) },
  },
  responses: {
    201: {
      description: 'The payment, and where to make it',
      content: json(TopUp.extend({ url: z.string() }).meta({ id: 'NewTopUp' })),
    },
    ...errors(
      'not_found',
      'missing_parameter',
      'invalid_type',
      'invalid_value',
      'payments_unavailable',
      'payment_provider_error',
    ),
  },
});

const list = createRoute({
  method: 'get',
  path: '/workspaces/{id}/top-ups',
  summary: 'List payments',
  tags: ['Payments'],
  middleware: permitted('credits.read'),
  request: { params: IdParams, query: PageQuery },
  responses: {
    200: { description: 'A page, newest first', content: json(pageSchema(TopUp)) },
    ...errors('not_found', 'invalid_value'),
  },
});

const getAuto = createRoute({
  method: 'get',
  path: '/workspaces/{id}/auto-top-up',
  summary: 'Read automatic top-ups',
  description: 'Null where they are off.',
  tags: ['Payments'],
  middleware: permitted('credits.read'),
  request: { params: IdParams },
  responses: { 200: { description: 'The setting', content: json(AutoTopUp) }, ...errors('not_found') },
});

const setAuto = createRoute({
  method: 'put',
  path: '/workspaces/{id}/auto-top-up',
  summary: 'Set automatic top-ups',
  description:
    'Buys `amount_usd` with the card that was saved last when the balance falls below `below_usd`. Null turns them off.',
  tags: ['Payments'],
  middleware: permitted('credits.buy'),
  request: {
    params: IdParams,
    body: {
      required: true,
      content: json(z.strictObject({ below_usd: Usd, amount_usd: Usd }).nullable()),
    },
  },
  responses: {
    200: { description: 'The setting', content: json(AutoTopUp) },
    ...errors(
      'not_found',
      'missing_parameter',
      'invalid_type',
      'invalid_value',
      'conflict',
      'payments_unavailable',
      'payment_provider_error',
    ),
  },
});

export const payments = new OpenAPIHono<ApiEnv>()
  .openapi(create, async (c) => {
    const returnUrl = new URL('/api/payments/return', originOf(c)).href;
    const { amount_usd } = c.req.valid('json');
    const topUp = await createTopUp(
      c.env,
      c.get('principal'),
      c.req.valid('param').id,
      amount_usd,
      returnUrl,
    );
    return c.json(topUp, 201);
  })
  .openapi(list, async (c) =>
    c.json(await listTopUps(c.env, c.get('principal'), c.req.valid('param').id, c.req.valid('query')), 200),
  )
  .openapi(getAuto, async (c) =>
    c.json(await getAutoTopUp(c.env, c.get('principal'), c.req.valid('param').id), 200),
  )
  .openapi(setAuto, async (c) =>
    c.json(await setAutoTopUp(c.env, c.get('principal'), c.req.valid('param').id, c.req.valid('json')), 200),
  );
