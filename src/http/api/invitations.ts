import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { acceptInvitation } from '../../tenancy/invitations/accept.ts';
import { cancelInvitation } from '../../tenancy/invitations/cancel.ts';
import { invite } from '../../tenancy/invitations/create.ts';
import { listInvitations } from '../../tenancy/invitations/list.ts';
import { readInvitation } from '../../tenancy/invitations/read.ts';
import { MEMBER_ROLES } from '../../tenancy/types.ts';
import { visitOf } from '../middleware/identify.ts';
import { permitted } from '../middleware/role.ts';
import { originOf } from '../middleware/same-origin.ts';
import {
  type ApiEnv,
  Email,
  errors,
  IdParams,
  json,
  pageSchema,
  ScopedPageQuery,
  Seconds,
  WorkspaceId,
} from './schemas.ts';

const Invitation = z
  .object({
    id: z.string(),
    email: z.string(),
    role: z.enum(MEMBER_ROLES),
    workspace: z.string(),
    inviter: z.string(),
    link: z.string().meta({ description: 'Hand it to the invited person.' }),
    created_at: Seconds,
    expires_at: Seconds,
  })
  .meta({ id: 'Invitation' });

const create = createRoute({
  method: 'post',
  path: '/invitations',
  summary: 'Invite somebody',
  description:
    'The link is the invitation: it is good for seven days, for an account of this e-mail address. Nobody invites into a role above their own.',
  tags: ['Invitations'],
  middleware: permitted('member.invite'),
  request: {
    body: {
      required: true,
      content: json(
        z.strictObject({ email: Email, role: z.enum(MEMBER_ROLES), workspace: WorkspaceId.optional() }),
      ),
    },
  },
  responses: {
    201: { description: 'The invitation', content: json(Invitation) },
    ...errors(
      'not_found',
      'missing_parameter',
      'invalid_type',
      'invalid_value',
      'conflict',
      'too_many_attempts',
    ),
  },
});

const list = createRoute({
  method: 'get',
  path: '/invitations',
  summary: 'List open invitations',
  tags: ['Invitations'],
  middleware: permitted('member.invite'),
  request: { query: ScopedPageQuery },
  responses: {
    200: { description: 'A page', content: json(pageSchema(Invitation)) },
    ...errors('not_found', 'missing_parameter', 'invalid_value'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/invitations/{id}',
  summary: 'Read an invitation that one was sent',
  description: 'For who is signed in with the e-mail address that was invited.',
  tags: ['Invitations'],
  middleware: permitted('invitation.accept'),
  request: { params: IdParams },
  responses: {
    200: {
      description: 'What is offered: the name of the workspace, and the role in it',
      content: json(
        z.object({ id: z.string(), name: z.string(), role: z.enum(MEMBER_ROLES), expires_at: Seconds }),
      ),
    },
    ...errors('not_found'),
  },
});

const cancel = createRoute({
  method: 'delete',
  path: '/invitations/{id}',
  summary: 'End an invitation',
  tags: ['Invitations'],
  middleware: permitted('member.invite'),
  request: { params: IdParams },
  responses: { 204: { description: 'Ended' }, ...errors('not_found') },
});

const accept = createRoute({
  method: 'post',
  path: '/invitations/{id}/accept',
  summary: 'Accept an invitation',
  description: 'For who is signed in with the e-mail address that was invited.',
  tags: ['Invitations'],
  middleware: permitted('invitation.accept'),
  request: { params: IdParams },
  responses: {
    200: {
      description: 'The workspace, and the role in it',
      content: json(z.object({ id: z.string(), name: z.string(), role: z.enum(MEMBER_ROLES) })),
    },
    ...errors('not_found', 'conflict'),
  },
});

export const invitations = new OpenAPIHono<ApiEnv>()
  .openapi(create, async (c) =>
    c.json(await invite(c.env, c.get('principal'), visitOf(c), c.req.valid('json')), 201),
  )
  .openapi(list, async (c) =>
    c.json(await listInvitations(c.env, c.get('principal'), originOf(c), c.req.valid('query')), 200),
  )
  .openapi(get, async (c) =>
    c.json(await readInvitation(c.env, c.get('principal'), c.req.valid('param').id), 200),
  )
  .openapi(cancel, async (c) => {
    await cancelInvitation(c.env, c.get('principal'), c.req.valid('param').id);
    return c.body(null, 204);
  })
  .openapi(accept, async (c) =>
    c.json(await acceptInvitation(c.env, c.get('principal'), c.req.valid('param').id), 200),
  );
