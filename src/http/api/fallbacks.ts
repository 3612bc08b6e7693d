import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { changeRegistry } from '../../registry/change.ts';
import type { Registry } from '../../registry/snapshot.ts';
import { deleteFallback, noFallback } from '../../tenancy/routing/fallbacks/delete.ts';
import { listFallbacks } from '../../tenancy/routing/fallbacks/list.ts';
import { putFallback, USUAL_TRIGGERS } from '../../tenancy/routing/fallbacks/put.ts';
import { permitted } from '../middleware/role.ts';
import { ModelName, Place, PlaceField, PlaceQuery, Trigger } from './policy-schemas.ts';
import { currentRegistry } from './registry.ts';
import { type ApiEnv, errors, json, Seconds } from './schemas.ts';

const Params = z.object({
  model: z.string().trim().min(1).max(200).meta({
    description: 'The id or slug of the model that may fail, URL-encoded.',
    example: 'openai/gpt-4o',
  }),
});

const Fallback = z
  .object({
    model: z.string().meta({ description: 'Canonical id.' }),
    chain: z.array(z.object({ model: z.string(), on: z.array(Trigger) })),
    workspace: Place,
    updated_at: Seconds,
    warnings: z.array(z.string()).meta({ description: 'Which requests skip a step, for people.' }),
  })
  .meta({ id: 'Fallback' });

const Step = z.union([
  ModelName,
  z.strictObject({
    model: ModelName,
    on: z
      .array(Trigger)
      .min(1)
      .refine((triggers) => new Set(triggers).size === triggers.length)
      .optional()
      .meta({ description: `The failures that lead to it. Default: ${USUAL_TRIGGERS.join(', ')}.` }),
  }),
]);

const FallbackInput = z.strictObject({
  chain: z.array(Step).min(1).max(10).meta({ description: 'Models in the order in which they are tried.' }),
  ...PlaceField,
});

const list = createRoute({
  method: 'get',
  path: '/fallbacks',
  summary: 'List fallback chains',
  description: 'Those in force: a workspace’s own, and of the deployment’s those that they do not cover.',
  tags: ['Routing'],
  middleware: permitted('routing.read'),
  request: { query: PlaceQuery },
  responses: {
    200: { description: 'All of them, by model', content: json(z.object({ data: z.array(Fallback) })) },
    ...errors('not_found'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/fallbacks/{model}',
  summary: 'Read what is tried when a model cannot serve',
  tags: ['Routing'],
  middleware: permitted('routing.read'),
  request: { params: Params, query: PlaceQuery },
  responses: { 200: { description: 'The chain in force', content: json(Fallback) }, ...errors('not_found') },
});

const put = createRoute({
  method: 'put',
  path: '/fallbacks/{model}',
  summary: 'Declare what is tried when a model cannot serve',
  description:
    'A request’s own `models` go before it. A step that cannot do what a request needs is skipped: `warnings` say which.',
  tags: ['Routing'],
  middleware: permitted('routing.write'),
  request: { params: Params, body: { required: true, content: json(FallbackInput) } },
  responses: {
    200: { description: 'The chain', content: json(Fallback) },
    ...errors('missing_parameter', 'invalid_type', 'invalid_value', 'not_found', 'conflict'),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/fallbacks/{model}',
  summary: 'Take a fallback chain away',
  tags: ['Routing'],
  middleware: permitted('routing.write'),
  request: { params: Params, query: PlaceQuery },
  responses: { 204: { description: 'Done' }, ...errors('not_found') },
});

/** The id under which a chain is stored: also that of a model that is gone. */
function idOf(name: string, registry: Registry): string {
  return registry.find(name)?.id ?? name.toLowerCase();
}

export const fallbacks = new OpenAPIHono<ApiEnv>()
  .openapi(list, async (c) => {
    const { workspace } = c.req.valid('query');
    const registry = await currentRegistry(c);
    return c.json({ data: await listFallbacks(c.env, c.get('principal'), registry, workspace) }, 200);
  })
  .openapi(get, async (c) => {
    const registry = await currentRegistry(c);
    const id = idOf(c.req.valid('param').model, registry);
    const { workspace } = c.req.valid('query');
    const known = await listFallbacks(c.env, c.get('principal'), registry, workspace);
    const found = known.find(({ model }) => model === id);
    if (!found) throw noFallback();
    return c.json(found, 200);
  })
  .openapi(put, async (c) => {
    const { chain, workspace } = c.req.valid('json');
    const { model } = c.req.valid('param');
    const registry = await currentRegistry(c);
    const input = { model, chain, workspace };
    return c.json(await putFallback(c.env, c.get('principal'), registry, changeRegistry, input), 200);
  })
  .openapi(remove, async (c) => {
    const id = idOf(c.req.valid('param').model, await currentRegistry(c));
    await deleteFallback(c.env, c.get('principal'), changeRegistry, id, c.req.valid('query').workspace);
    return c.body(null, 204);
  });
