import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { GatewayError } from '../../errors.ts';
import { readPriceHistory } from '../../registry/price-history.ts';
import { permitted } from '../middleware/role.ts';
import { ModelParams, Price } from './model-schemas.ts';
import { currentRegistry } from './registry.ts';
import { type ApiEnv, errors, json, Seconds } from './schemas.ts';

const PastPrice = z
  .object({
    endpoint: z.string(),
    price_version: z.string().meta({ description: 'What receipts name.' }),
    price: Price.nullable().meta({ description: 'Null: from then on it was not known.' }),
    effective_from: Seconds,
    retired: z.boolean().meta({ description: 'Whether the endpoint serves no more.' }),
  })
  .meta({ id: 'PastPrice' });

const history = createRoute({
  method: 'get',
  path: '/models/{id}/prices',
  summary: 'Read the prices a model has had',
  description: 'Of all its endpoints, newest first. Prices are never changed: a new one is a new version.',
  tags: ['Models'],
  middleware: permitted('model.read'),
  request: { params: ModelParams },
  responses: {
    200: { description: 'All of them', content: json(z.object({ data: z.array(PastPrice) })) },
    ...errors('model_not_found'),
  },
});

export const prices = new OpenAPIHono<ApiEnv>().openapi(history, async (c) => {
  const registry = await currentRegistry(c);
  const model = registry.find(c.req.valid('param').id);
  if (!model) throw new GatewayError('model_not_found', { param: 'id' });
  return c.json({ data: await readPriceHistory(c.env, model.id) }, 200);
});
