import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { GatewayError } from '../../errors.ts';
import { deleteAlias } from '../../registry/aliases/delete.ts';
import { listAliases } from '../../registry/aliases/list.ts';
import { putAlias } from '../../registry/aliases/put.ts';
import { foldName } from '../../registry/names.ts';
import { permitted } from '../middleware/role.ts';
import { currentRegistry } from './registry.ts';
import { type ApiEnv, errors, json, WorkspaceId } from './schemas.ts';

const Params = z.object({
  alias: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .transform((alias) => alias.toLowerCase())
    .pipe(z.string().regex(/^[a-z0-9][a-z0-9._:+@/-]*$/))
    .meta({
      description: 'The name that clients ask for, URL-encoded. Case does not matter; dots equal dashes.',
      example: 'gpt-4o',
    }),
});

const Query = z.object({
  workspace: WorkspaceId.optional().meta({
    description: "Default: the caller's own; for the operator, the whole deployment.",
  }),
});

const Alias = z
  .object({
    alias: z.string(),
    model: z.string().meta({ description: 'Canonical id.' }),
    workspace: z.string().nullable().meta({ description: 'Null: of the whole deployment.' }),
  })
  .meta({ id: 'Alias' });

const AliasInput = z.strictObject({
  model: z.string().trim().min(1).max(200).meta({ description: 'A canonical id or slug; no other alias.' }),
  workspace: WorkspaceId.optional().meta({
    description: "Default: the caller's own; for the operator, the whole deployment.",
  }),
});

const list = createRoute({
  method: 'get',
  path: '/aliases',
  summary: 'List aliases',
  description: 'Those in force: a workspace’s own, and of the deployment’s those that they do not cover.',
  tags: ['Aliases'],
  middleware: permitted('alias.read'),
  request: { query: Query },
  responses: {
    200: { description: 'All of them, by name', content: json(z.object({ data: z.array(Alias) })) },
    ...errors('not_found'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/aliases/{alias}',
  summary: 'Read what a name is mapped to',
  tags: ['Aliases'],
  middleware: permitted('alias.read'),
  request: { params: Params, query: Query },
  responses: { 200: { description: 'The alias in force', content: json(Alias) }, ...errors('not_found') },
});

const put = createRoute({
  method: 'put',
  path: '/aliases/{alias}',
  summary: 'Map a name to a model',
  description:
    'Goes before all other names, also before canonical ids. What a key may call is decided by the model, not by the name.',
  tags: ['Aliases'],
  middleware: permitted('alias.write'),
  request: { params: Params, body: { required: true, content: json(AliasInput) } },
  responses: {
    200: { description: 'The alias', content: json(Alias) },
    ...errors('missing_parameter', 'invalid_type', 'invalid_value', 'not_found', 'conflict'),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/aliases/{alias}',
  summary: 'Give a name back',
  tags: ['Aliases'],
  middleware: permitted('alias.write'),
  request: { params: Params, query: Query },
  responses: { 204: { description: 'Done' }, ...errors('not_found') },
});

export const aliases = new OpenAPIHono<ApiEnv>()
  .openapi(list, async (c) => {
    const { workspace } = c.req.valid('query');
    return c.json({ data: await listAliases(c.env, c.get('principal'), workspace) }, 200);
  })
  .openapi(get, async (c) => {
    const { workspace } = c.req.valid('query');
    const folded = foldName(c.req.valid('param').alias);
    const known = await listAliases(c.env, c.get('principal'), workspace);
    const found = known.find(({ alias }) => foldName(alias) === folded);
    if (!found) throw new GatewayError('not_found', { param: 'alias', message: 'There is no such alias.' });
    return c.json(found, 200);
  })
  .openapi(put, async (c) => {
    const { model, workspace } = c.req.valid('json');
    const { alias } = c.req.valid('param');
    const registry = await currentRegistry(c);
    return c.json(await putAlias(c.env, c.get('principal'), registry, { alias, model, workspace }), 200);
  })
  .openapi(remove, async (c) => {
    const { workspace } = c.req.valid('query');
    await deleteAlias(c.env, c.get('principal'), c.req.valid('param').alias, workspace);
    return c.body(null, 204);
  });
