import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { changeRegistry } from '../../registry/change.ts';
import { foldName } from '../../registry/names.ts';
import { deleteSplit, noSplit } from '../../tenancy/routing/splits/delete.ts';
import { listSplits } from '../../tenancy/routing/splits/list.ts';
import { putSplit } from '../../tenancy/routing/splits/put.ts';
import { permitted } from '../middleware/role.ts';
import { ModelName, Place, PlaceField, PlaceQuery } from './policy-schemas.ts';
import { currentRegistry } from './registry.ts';
import { type ApiEnv, errors, json, Seconds } from './schemas.ts';

const Params = z.object({
  name: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .transform((name) => name.toLowerCase())
    .pipe(z.string().regex(/^[a-z0-9][a-z0-9._:+@/-]*$/))
    .meta({
      description: 'The name that clients ask for, URL-encoded. Case does not matter; dots equal dashes.',
      example: 'chat-canary',
    }),
});

const Split = z
  .object({
    name: z.string(),
    targets: z.array(z.object({ model: z.string(), percent: z.number() })),
    workspace: Place,
    updated_at: Seconds,
  })
  .meta({ id: 'Split' });

const SplitInput = z.strictObject({
  targets: z
    .array(z.strictObject({ model: ModelName, percent: z.number().positive().max(100).multipleOf(0.01) }))
    .min(1)
    .max(20)
    .meta({ description: 'Models of one kind. Their percents add up to 100.' }),
  ...PlaceField,
});

const list = createRoute({
  method: 'get',
  path: '/splits',
  summary: 'List splits',
  description: 'Those in force: a workspace’s own, and of the deployment’s those that they do not cover.',
  tags: ['Routing'],
  middleware: permitted('routing.read'),
  request: { query: PlaceQuery },
  responses: {
    200: { description: 'All of them, by name', content: json(z.object({ data: z.array(Split) })) },
    ...errors('not_found'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/splits/{name}',
  summary: 'Read a split',
  tags: ['Routing'],
  middleware: permitted('routing.read'),
  request: { params: Params, query: PlaceQuery },
  responses: { 200: { description: 'The split in force', content: json(Split) }, ...errors('not_found') },
});

const put = createRoute({
  method: 'put',
  path: '/splits/{name}',
  summary: 'Let a name stand for several models',
  description: 'Each serves its share of the requests.',
  tags: ['Routing'],
  middleware: permitted('routing.write'),
  request: { params: Params, body: { required: true, content: json(SplitInput) } },
  responses: {
    200: { description: 'The split', content: json(Split) },
    ...errors('missing_parameter', 'invalid_type', 'invalid_value', 'not_found', 'conflict'),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/splits/{name}',
  summary: 'Give the name of a split back',
  tags: ['Routing'],
  middleware: permitted('routing.write'),
  request: { params: Params, query: PlaceQuery },
  responses: { 204: { description: 'Done' }, ...errors('not_found') },
});

export const splits = new OpenAPIHono<ApiEnv>()
  .openapi(list, async (c) => {
    const { workspace } = c.req.valid('query');
    return c.json({ data: await listSplits(c.env, c.get('principal'), workspace) }, 200);
  })
  .openapi(get, async (c) => {
    const folded = foldName(c.req.valid('param').name);
    const known = await listSplits(c.env, c.get('principal'), c.req.valid('query').workspace);
    const found = known.find(({ name }) => foldName(name) === folded);
    if (!found) throw noSplit();
    return c.json(found, 200);
  })
  .openapi(put, async (c) => {
    const { targets, workspace } = c.req.valid('json');
    const { name } = c.req.valid('param');
    const input = { name, folded: foldName(name), targets, workspace };
    const registry = await currentRegistry(c);
    return c.json(await putSplit(c.env, c.get('principal'), registry, changeRegistry, input), 200);
  })
  .openapi(remove, async (c) => {
    const folded = foldName(c.req.valid('param').name);
    await deleteSplit(c.env, c.get('principal'), changeRegistry, folded, c.req.valid('query').workspace);
    return c.body(null, 204);
  });
