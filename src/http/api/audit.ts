import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { listAudit } from '../../tenancy/audit/list.ts';
import { permitted } from '../middleware/role.ts';
import { type ApiEnv, errors, json, pageSchema, ScopedPageQuery, Seconds } from './schemas.ts';

const AuditEntry = z
  .object({
    id: z.string(),
    workspace: z.string().nullable().meta({ description: 'Null for changes of the deployment itself.' }),
    actor: z.string().meta({ description: '`operator`, `system`, or the id of a key or person.' }),
    action: z.string().meta({ description: '`<resource>.<verb>`' }),
    target: z.string(),
    before: z.unknown(),
    after: z.unknown(),
    created_at: Seconds,
  })
  .meta({ id: 'AuditEntry' });

const list = createRoute({
  method: 'get',
  path: '/audit',
  summary: 'Read what was changed, by whom',
  tags: ['Audit'],
  middleware: permitted('audit.read'),
  request: { query: ScopedPageQuery },
  responses: {
    200: { description: 'A page, newest first', content: json(pageSchema(AuditEntry)) },
    ...errors('not_found', 'invalid_value'),
  },
});

export const audit = new OpenAPIHono<ApiEnv>().openapi(list, async (c) =>
  c.json(await listAudit(c.env, c.get('principal'), c.req.valid('query')), 200),
);
