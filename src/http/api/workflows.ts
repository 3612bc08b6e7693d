import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { deleteWorkflow, noWorkflow } from '../../tenancy/routing/workflows/delete.ts';
import { listWorkflows } from '../../tenancy/routing/workflows/list.ts';
import { putWorkflow } from '../../tenancy/routing/workflows/put.ts';
import { permitted } from '../middleware/role.ts';
import {
  PolicyInput,
  PolicySchema,
  policyFrom,
  RuleName,
  RuleParams,
  WorkspaceField,
  WorkspaceQuery,
} from './policy-schemas.ts';
import { type ApiEnv, errors, json, Seconds } from './schemas.ts';

const Workflow = z
  .object({
    name: z.string(),
    policy: z
      .union([z.string(), PolicySchema])
      .nullable()
      .meta({ description: 'Its own, or the name of one.' }),
    workspace: z.string(),
    created_at: Seconds,
    updated_at: Seconds,
  })
  .meta({ id: 'Workflow' });

const WorkflowInput = z.strictObject({
  policy: z.union([RuleName, PolicyInput]).nullish().meta({
    description:
      'A policy, or the name of one: of the workspace, else of the deployment. A named one counts as it is when it is used.',
  }),
  ...WorkspaceField,
});

const list = createRoute({
  method: 'get',
  path: '/workflows',
  summary: 'List workflows',
  tags: ['Routing'],
  middleware: permitted('routing.read'),
  request: { query: WorkspaceQuery },
  responses: {
    200: { description: 'All of them, by name', content: json(z.object({ data: z.array(Workflow) })) },
    ...errors('not_found'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/workflows/{name}',
  summary: 'Read a workflow',
  tags: ['Routing'],
  middleware: permitted('routing.read'),
  request: { params: RuleParams, query: WorkspaceQuery },
  responses: { 200: { description: 'The workflow', content: json(Workflow) }, ...errors('not_found') },
});

const put = createRoute({
  method: 'put',
  path: '/workflows/{name}',
  summary: 'Declare a workflow',
  description: 'Requests name it with `workflow`, or the header `x-workflow`.',
  tags: ['Routing'],
  middleware: permitted('routing.write'),
  request: { params: RuleParams, body: { required: true, content: json(WorkflowInput) } },
  responses: {
    200: { description: 'The workflow', content: json(Workflow) },
    ...errors('invalid_type', 'invalid_value', 'not_found', 'policy_not_found', 'conflict'),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/workflows/{name}',
  summary: 'Delete a workflow',
  description: 'What was measured for it stays.',
  tags: ['Routing'],
  middleware: permitted('routing.write'),
  request: { params: RuleParams, query: WorkspaceQuery },
  responses: { 204: { description: 'Done' }, ...errors('not_found') },
});

export const workflows = new OpenAPIHono<ApiEnv>()
  .openapi(list, async (c) => {
    const { workspace } = c.req.valid('query');
    return c.json({ data: await listWorkflows(c.env, c.get('principal'), workspace) }, 200);
  })
  .openapi(get, async (c) => {
    const { name } = c.req.valid('param');
    const known = await listWorkflows(c.env, c.get('principal'), c.req.valid('query').workspace);
    const found = known.find((workflow) => workflow.name === name);
    if (!found) throw noWorkflow();
    return c.json(found, 200);
  })
  .openapi(put, async (c) => {
    const { policy: asked, workspace } = c.req.valid('json');
    const policy = typeof asked === 'object' && asked !== null ? policyFrom(asked) : (asked ?? null);
    const input = { name: c.req.valid('param').name, policy, workspace };
    return c.json(await putWorkflow(c.env, c.get('principal'), input), 200);
  })
  .openapi(remove, async (c) => {
    const { workspace } = c.req.valid('query');
    await deleteWorkflow(c.env, c.get('principal'), c.req.valid('param').name, workspace);
    return c.body(null, 204);
  });
