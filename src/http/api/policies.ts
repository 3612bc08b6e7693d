import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { GatewayError } from '../../errors.ts';
import { changeRegistry } from '../../registry/change.ts';
import { deletePolicy } from '../../tenancy/routing/policies/delete.ts';
import { listPolicies } from '../../tenancy/routing/policies/list.ts';
import { putPolicy } from '../../tenancy/routing/policies/put.ts';
import { permitted } from '../middleware/role.ts';
import {
  Place,
  PlaceField,
  PlaceQuery,
  PolicyFields,
  PolicySchema,
  policyFrom,
  RuleParams,
} from './policy-schemas.ts';
import { type ApiEnv, errors, json, Seconds } from './schemas.ts';

const NamedPolicy = z
  .object({
    name: z.string(),
    policy: PolicySchema,
    workspace: Place,
    created_at: Seconds,
    updated_at: Seconds,
  })
  .meta({ id: 'NamedPolicy' });

const list = createRoute({
  method: 'get',
  path: '/policies',
  summary: 'List policies',
  description: 'Those in force: a workspace’s own, and of the deployment’s those that they do not cover.',
  tags: ['Routing'],
  middleware: permitted('routing.read'),
  request: { query: PlaceQuery },
  responses: {
    200: { description: 'All of them, by name', content: json(z.object({ data: z.array(NamedPolicy) })) },
    ...errors('not_found'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/policies/{name}',
  summary: 'Read a policy',
  tags: ['Routing'],
  middleware: permitted('routing.read'),
  request: { params: RuleParams, query: PlaceQuery },
  responses: {
    200: { description: 'The policy in force', content: json(NamedPolicy) },
    ...errors('not_found', 'policy_not_found'),
  },
});

const put = createRoute({
  method: 'put',
  path: '/policies/{name}',
  summary: 'Declare a policy under a name',
  description: 'The body is the policy itself. Requests and workflows then name it.',
  tags: ['Routing'],
  middleware: permitted('routing.write'),
  request: {
    params: RuleParams,
    body: { required: true, content: json(z.strictObject({ ...PolicyFields, ...PlaceField })) },
  },
  responses: {
    200: { description: 'The policy', content: json(NamedPolicy) },
    ...errors('invalid_type', 'invalid_value', 'unsupported_parameter', 'not_found', 'conflict'),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/policies/{name}',
  summary: 'Delete a policy',
  description: 'One that a workflow names stays: `conflict` names the workflow.',
  tags: ['Routing'],
  middleware: permitted('routing.write'),
  request: { params: RuleParams, query: PlaceQuery },
  responses: { 204: { description: 'Done' }, ...errors('not_found', 'policy_not_found', 'conflict') },
});

export const policies = new OpenAPIHono<ApiEnv>()
  .openapi(list, async (c) => {
    const { workspace } = c.req.valid('query');
    return c.json({ data: await listPolicies(c.env, c.get('principal'), workspace) }, 200);
  })
  .openapi(get, async (c) => {
    const { name } = c.req.valid('param');
    const known = await listPolicies(c.env, c.get('principal'), c.req.valid('query').workspace);
    const found = known.find((policy) => policy.name === name);
    if (!found) throw new GatewayError('policy_not_found', { param: 'name' });
    return c.json(found, 200);
  })
  .openapi(put, async (c) => {
    const { workspace, ...fields } = c.req.valid('json');
    const input = { name: c.req.valid('param').name, policy: policyFrom(fields), workspace };
    return c.json(await putPolicy(c.env, c.get('principal'), changeRegistry, input), 200);
  })
  .openapi(remove, async (c) => {
    const { workspace } = c.req.valid('query');
    await deletePolicy(c.env, c.get('principal'), changeRegistry, c.req.valid('param').name, workspace);
    return c.body(null, 204);
  });
