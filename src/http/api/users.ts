import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { listPeople } from '../../tenancy/people/list.ts';
import { permitted } from '../middleware/role.ts';
import { originOf } from '../middleware/same-origin.ts';
import {
  type ApiEnv,
  Email,
  errors,
  IdParams,
  json,
  PageQuery,
  Person,
  pageSchema,
  Seconds,
} from './schemas.ts';

const list = createRoute({
  method: 'get',
  path: '/users',
  summary: 'List who has an account',
  tags: ['Users'],
  middleware: permitted('user.read'),
  request: { query: PageQuery.extend({ email: Email.optional() }) },
  responses: {
    200: { description: 'A page', content: json(pageSchema(Person)) },
    ...errors('invalid_value'),
  },
});

const resetLink = createRoute({
  method: 'post',
  path: '/users/{id}/reset-link',
  summary: 'Make a link to set a new password',
  description: 'For deployments without mail: hand it to the person. It works once, within an hour.',
  tags: ['Users'],
  middleware: permitted('user.reset'),
  request: { params: IdParams },
  responses: {
    201: { description: 'The link', content: json(z.object({ link: z.string(), expires_at: Seconds })) },
    ...errors('not_found'),
  },
});

export const users = new OpenAPIHono<ApiEnv>()
  .openapi(list, async (c) => c.json(await listPeople(c.env, c.get('principal'), c.req.valid('query')), 200))
  .openapi(resetLink, async (c) => {
    const { makeResetLink } = await import('../../tenancy/people/reset-link.ts');
    const { id } = c.req.valid('param');
    return c.json(await makeResetLink(c.env, c.get('principal'), id, originOf(c)), 201);
  });
