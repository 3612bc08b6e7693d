import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { GatewayError } from '../../errors.ts';
import { getMe } from '../../tenancy/me/get.ts';
import { switchWorkspace } from '../../tenancy/me/switch-workspace.ts';
import { leaveWorkspace } from '../../tenancy/members/remove.ts';
import { MEMBER_ROLES } from '../../tenancy/types.ts';
import { permitted } from '../middleware/role.ts';
import { type ApiEnv, errors, json, Person, WorkspaceId } from './schemas.ts';

const Me = z
  .object({
    kind: z.enum(['operator', 'key', 'member', 'user']),
    role: z.string().meta({ description: 'As `x-roles` of the routes name it.' }),
    workspace: z
      .string()
      .nullable()
      .meta({ description: 'Where the caller acts; null for the operator, and who has chosen none.' }),
    key: z.string().nullable(),
    project: z.string().nullable(),
    user: Person.nullable().meta({ description: 'Who is signed in.' }),
    workspaces: z
      .array(z.object({ id: z.string(), name: z.string(), role: z.enum(MEMBER_ROLES) }))
      .meta({ description: 'Where who is signed in belongs.' }),
  })
  .meta({ id: 'Me' });

const get = createRoute({
  method: 'get',
  path: '/me',
  summary: 'Read who is calling',
  tags: ['Me'],
  middleware: permitted('self.read'),
  responses: { 200: { description: 'The caller', content: json(Me) }, ...errors() },
});

const choose = createRoute({
  method: 'post',
  path: '/me/workspace',
  summary: 'Switch the session to another workspace',
  description: 'A request may name one too: `x-workspace`.',
  tags: ['Me'],
  middleware: permitted('self.switch'),
  request: { body: { required: true, content: json(z.strictObject({ workspace: WorkspaceId })) } },
  responses: {
    204: { description: 'Switched' },
    ...errors('not_found', 'missing_parameter', 'invalid_type', 'invalid_value'),
  },
});

const leave = createRoute({
  method: 'post',
  path: '/me/leave',
  summary: 'Leave the workspace',
  description: 'The one that the request acts in. The last owner stays.',
  tags: ['Me'],
  middleware: permitted('workspace.leave'),
  responses: { 204: { description: 'Left' }, ...errors('conflict') },
});

export const me = new OpenAPIHono<ApiEnv>()
  .openapi(get, async (c) => c.json(await getMe(c.env, c.get('principal')), 200))
  .openapi(choose, async (c) => {
    const sessionId = c.get('sessionId');
    if (sessionId === undefined) throw new GatewayError('permission_denied');
    await switchWorkspace(c.env, c.get('principal'), sessionId, c.req.valid('json').workspace);
    return c.body(null, 204);
  })
  .openapi(leave, async (c) => {
    await leaveWorkspace(c.env, c.get('principal'));
    return c.body(null, 204);
  });
