import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { grantCredits } from '../../tenancy/credits/grant.ts';
import { createWorkspace } from '../../tenancy/workspaces/create.ts';
import { getWorkspace } from '../../tenancy/workspaces/get.ts';
import { listWorkspaces } from '../../tenancy/workspaces/list.ts';
import { permitted } from '../middleware/role.ts';
import { type ApiEnv, errors, IdParams, json, Name, PageQuery, pageSchema, Seconds } from './schemas.ts';

const Workspace = z
  .object({ id: z.string(), name: z.string(), created_at: Seconds })
  .meta({ id: 'Workspace' });

const WorkspaceWithCredits = Workspace.extend({
  credits: z.number().meta({ description: 'USD spendable now.' }),
}).meta({ id: 'WorkspaceWithCredits' });

const create = createRoute({
  method: 'post',
  path: '/workspaces',
  summary: 'Make a workspace',
  description:
    'With a project named Default. A signed-in person becomes its owner, and is given trial credits with their first one.',
  tags: ['Workspaces'],
  middleware: permitted('workspace.create'),
  request: {
    body: {
      required: true,
      content: json(
        z.strictObject({
          name: Name,
          credits: z
            .number()
            .min(0)
            .optional()
            .meta({ description: 'USD granted to begin with; for the operator alone.' }),
        }),
      ),
    },
  },
  responses: {
    201: { description: 'The workspace', content: json(WorkspaceWithCredits) },
    ...errors('missing_parameter', 'invalid_type', 'invalid_value', 'too_many_attempts'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/workspaces',
  summary: 'List workspaces',
  description: 'The operator sees all, a person their own, a key its one.',
  tags: ['Workspaces'],
  middleware: permitted('workspace.list'),
  request: { query: PageQuery },
  responses: {
    200: { description: 'A page', content: json(pageSchema(Workspace)) },
    ...errors('invalid_value'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/workspaces/{id}',
  summary: 'Read a workspace and its balance',
  tags: ['Workspaces'],
  middleware: permitted('workspace.read'),
  request: { params: IdParams },
  responses: {
    200: { description: 'The workspace', content: json(WorkspaceWithCredits) },
    ...errors('not_found'),
  },
});

const grant = createRoute({
  method: 'post',
  path: '/workspaces/{id}/credits',
  summary: 'Grant credits',
  tags: ['Workspaces'],
  middleware: permitted('credits.grant'),
  request: {
    params: IdParams,
    body: {
      required: true,
      content: json(
        z.strictObject({
          amount_usd: z.number().positive(),
          reason: z.string().trim().min(1).max(500),
          id: z
            .string()
            .min(1)
            .max(100)
            .optional()
            .meta({ description: 'An id of your own: repeated with it, the grant changes nothing.' }),
        }),
      ),
    },
  },
  responses: {
    200: { description: 'The workspace with its new balance', content: json(WorkspaceWithCredits) },
    ...errors('not_found', 'missing_parameter', 'invalid_type', 'invalid_value'),
  },
});

export const workspaces = new OpenAPIHono<ApiEnv>()
  .openapi(create, async (c) =>
    c.json(await createWorkspace(c.env, c.get('principal'), c.req.valid('json')), 201),
  )
  .openapi(list, async (c) =>
    c.json(await listWorkspaces(c.env, c.get('principal'), c.req.valid('query')), 200),
  )
  .openapi(get, async (c) =>
    c.json(await getWorkspace(c.env, c.get('principal'), c.req.valid('param').id), 200),
  )
  .openapi(grant, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await grantCredits(c.env, c.get('principal'), id, c.req.valid('json')), 200);
  });
