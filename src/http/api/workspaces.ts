import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { grantCredits } from '../../tenancy/credits/grant.ts';
import { getWorkspacePolicy } from '../../tenancy/routing/workspace-policy/get.ts';
import { setWorkspacePolicy } from '../../tenancy/routing/workspace-policy/set.ts';
import { createWorkspace } from '../../tenancy/workspaces/create.ts';
import { getWorkspace } from '../../tenancy/workspaces/get.ts';
import { listWorkspaces } from '../../tenancy/workspaces/list.ts';
import { permitted } from '../middleware/role.ts';
import { PolicyInput, PolicySchema, policyFrom } from './policy-schemas.ts';
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

const DefaultPolicy = z.object({ policy: PolicySchema.nullable() }).meta({ id: 'DefaultPolicy' });

const getPolicy = createRoute({
  method: 'get',
  path: '/workspaces/{id}/policy',
  summary: 'Read how a workspace’s requests are routed by default',
  tags: ['Workspaces'],
  middleware: permitted('routing.read'),
  request: { params: IdParams },
  responses: {
    200: { description: 'The policy; null where there is none', content: json(DefaultPolicy) },
    ...errors('not_found'),
  },
});

const putPolicy = createRoute({
  method: 'put',
  path: '/workspaces/{id}/policy',
  summary: 'Set how a workspace’s requests are routed by default',
  description:
    'The body is the policy itself. Each of its fields counts where request, workflow and key do not say otherwise.',
  tags: ['Workspaces'],
  middleware: permitted('workspace.write'),
  request: { params: IdParams, body: { required: true, content: json(PolicyInput) } },
  responses: {
    200: { description: 'The policy', content: json(DefaultPolicy) },
    ...errors('not_found', 'invalid_type', 'invalid_value', 'unsupported_parameter'),
  },
});

const deletePolicy = createRoute({
  method: 'delete',
  path: '/workspaces/{id}/policy',
  summary: 'Take a workspace’s default policy away',
  tags: ['Workspaces'],
  middleware: permitted('workspace.write'),
  request: { params: IdParams },
  responses: { 204: { description: 'Done' }, ...errors('not_found') },
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
  })
  .openapi(getPolicy, async (c) =>
    c.json(await getWorkspacePolicy(c.env, c.get('principal'), c.req.valid('param').id), 200),
  )
  .openapi(putPolicy, async (c) => {
    const policy = policyFrom(c.req.valid('json'));
    return c.json(await setWorkspacePolicy(c.env, c.get('principal'), c.req.valid('param').id, policy), 200);
  })
  .openapi(deletePolicy, async (c) => {
    await setWorkspacePolicy(c.env, c.get('principal'), c.req.valid('param').id, null);
    return c.body(null, 204);
  });
