import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { changeRole } from '../../tenancy/members/change-role.ts';
import { listMembers } from '../../tenancy/members/list.ts';
import { removeMember } from '../../tenancy/members/remove.ts';
import { MEMBER_ROLES } from '../../tenancy/types.ts';
import { permitted } from '../middleware/role.ts';
import { type ApiEnv, errors, json, pageSchema, ScopedPageQuery, Seconds, WorkspaceId } from './schemas.ts';

const Member = z
  .object({
    user: z.string().meta({ description: 'The id of the person.' }),
    name: z.string(),
    email: z.string(),
    role: z.enum(MEMBER_ROLES),
    workspace: z.string(),
    joined_at: Seconds,
  })
  .meta({ id: 'Member' });

const UserParams = z.object({ user: z.string().min(1).max(200) });

const list = createRoute({
  method: 'get',
  path: '/members',
  summary: 'List members',
  tags: ['Members'],
  middleware: permitted('member.read'),
  request: { query: ScopedPageQuery },
  responses: {
    200: { description: 'A page, who joined last first', content: json(pageSchema(Member)) },
    ...errors('not_found', 'missing_parameter', 'invalid_value'),
  },
});

const change = createRoute({
  method: 'patch',
  path: '/members/{user}',
  summary: 'Change the role of a member',
  description:
    'Nobody hands out a role above their own, nor changes who has one. Their keys shrink with it: at once here, everywhere within a minute. The last owner stays one.',
  tags: ['Members'],
  middleware: permitted('member.write'),
  request: {
    params: UserParams,
    body: {
      required: true,
      content: json(z.strictObject({ role: z.enum(MEMBER_ROLES), workspace: WorkspaceId.optional() })),
    },
  },
  responses: {
    200: { description: 'The member', content: json(Member) },
    ...errors('not_found', 'missing_parameter', 'invalid_type', 'invalid_value', 'conflict'),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/members/{user}',
  summary: 'Remove a member',
  description: 'Their keys stop: at once here, everywhere within a minute. The last owner stays.',
  tags: ['Members'],
  middleware: permitted('member.write'),
  request: { params: UserParams, query: z.object({ workspace: WorkspaceId.optional() }) },
  responses: {
    204: { description: 'Removed' },
    ...errors('not_found', 'missing_parameter', 'invalid_value', 'conflict'),
  },
});

export const members = new OpenAPIHono<ApiEnv>()
  .openapi(list, async (c) => c.json(await listMembers(c.env, c.get('principal'), c.req.valid('query')), 200))
  .openapi(change, async (c) => {
    const { user } = c.req.valid('param');
    return c.json(await changeRole(c.env, c.get('principal'), user, c.req.valid('json')), 200);
  })
  .openapi(remove, async (c) => {
    const { workspace } = c.req.valid('query');
    await removeMember(c.env, c.get('principal'), c.req.valid('param').user, workspace);
    return c.body(null, 204);
  });
