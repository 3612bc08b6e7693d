import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { decideHeldPrice } from '../../registry/sync/decide.ts';
import { CHANGE_STATES, listHeldPrices } from '../../registry/sync/list-changes.ts';
import { syncRegistry } from '../../registry/sync/sync.ts';
import { viewChange } from '../../registry/sync/view.ts';
import { actorName } from '../../tenancy/permissions.ts';
import { permitted } from '../middleware/role.ts';
import { Price } from './model-schemas.ts';
import { type ApiEnv, errors, IdParams, json, Seconds } from './schemas.ts';

const Change = z
  .object({
    kind: z.enum([
      'model.new',
      'model.changed',
      'model.unknown',
      'endpoint.new',
      'endpoint.changed',
      'endpoint.vanished',
      'endpoint.returned',
      'price.changed',
      'price.held',
      'price.deferred',
      'provider.doubted',
    ]),
    model: z.string().optional(),
    endpoint: z.string().optional(),
    provider: z.string().optional(),
    upstream: z.string().optional(),
    before: Price.nullable().optional(),
    after: Price.optional(),
    reason: z.string().optional().meta({ description: '`jump`, `zero` or `disputed`.' }),
    vanished: z.number().int().optional(),
  })
  .meta({ id: 'RegistryDifference' });

const Report = z
  .object({
    dry_run: z.boolean(),
    applied: z.boolean().meta({ description: 'Whether anything was written.' }),
    sources: z.array(
      z.object({
        source: z.string(),
        state: z.enum(['read', 'failed']),
        entries: z.number().int(),
        error: z.string().nullable().meta({ description: 'A source that failed changes nothing.' }),
      }),
    ),
    counts: z.record(z.string(), z.number().int()).meta({ description: 'Changes by kind.' }),
    changes: z.array(Change),
    unlisted: z.array(z.string()).meta({
      description:
        'What providers list and the base does not offer, as `provider:model`. Not added: no price is known.',
    }),
  })
  .meta({ id: 'RegistrySync' });

const Input = z.strictObject({
  dry_run: z.boolean().default(false).meta({ description: 'Tell the difference, write nothing.' }),
  believe: z
    .array(z.string().min(1).max(64))
    .max(100)
    .default([])
    .meta({ description: 'Providers that may lose most of their endpoints at once.' }),
});

const HeldPrice = z
  .object({
    id: z.string(),
    endpoint: z.string(),
    reason: z.enum(['jump', 'zero', 'disputed']),
    before: Price,
    after: Price,
    state: z.enum(CHANGE_STATES),
    found_at: Seconds,
    decided_at: Seconds.nullable(),
    decided_by: z.string().nullable(),
  })
  .meta({ id: 'HeldPrice' });

const sync = createRoute({
  method: 'post',
  path: '/registry/sync',
  summary: 'Sync the registry with its sources',
  description:
    'New, changed and vanished models and endpoints; vanished ones are retired. A price that more than doubles or halves, falls to zero or is disputed waits for approval. What the operator declared stays.',
  tags: ['Registry'],
  middleware: permitted('registry.sync'),
  request: { body: { required: true, content: json(Input) } },
  responses: {
    200: { description: 'The difference, and what became of it', content: json(Report) },
    ...errors('invalid_type', 'invalid_value'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/registry/changes',
  summary: 'List prices that wait for approval',
  tags: ['Registry'],
  middleware: permitted('registry.sync'),
  request: { query: z.object({ state: z.enum(CHANGE_STATES).default('pending') }) },
  responses: {
    200: { description: 'Newest first', content: json(z.object({ data: z.array(HeldPrice) })) },
    ...errors('invalid_value'),
  },
});

function decision(verb: 'approve' | 'reject', summary: string) {
  return createRoute({
    method: 'post',
    path: `/registry/changes/{id}/${verb}` as const,
    summary,
    tags: ['Registry'],
    middleware: permitted('registry.sync'),
    request: { params: IdParams },
    responses: {
      200: { description: 'The change', content: json(HeldPrice) },
      ...errors('not_found', 'conflict'),
    },
  });
}

const approve = decision('approve', 'Bring a price into force');
const reject = decision('reject', 'Keep the price in force');

export const registrySync = new OpenAPIHono<ApiEnv>()
  .openapi(sync, async (c) => {
    const { dry_run: dryRun, believe: believed } = c.req.valid('json');
    const actor = actorName(c.get('principal'));
    const { changes, ...report } = await syncRegistry(c.env, actor, { dryRun, believed });
    return c.json({ dry_run: dryRun, ...report, changes: changes.map(viewChange) }, 200);
  })
  .openapi(list, async (c) => c.json({ data: await listHeldPrices(c.env, c.req.valid('query').state) }, 200))
  .openapi(approve, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await decideHeldPrice(c.env, actorName(c.get('principal')), id, 'approved'), 200);
  })
  .openapi(reject, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await decideHeldPrice(c.env, actorName(c.get('principal')), id, 'rejected'), 200);
  });
