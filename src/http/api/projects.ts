import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { createProject } from '../../tenancy/projects/create.ts';
import { listProjects } from '../../tenancy/projects/list.ts';
import { permitted } from '../middleware/role.ts';
import { type ApiEnv, errors, json, Name, pageSchema, ScopedPageQuery, Seconds } from './schemas.ts';

const Project = z
  .object({ id: z.string(), name: z.string(), workspace: z.string(), created_at: Seconds })
  .meta({ id: 'Project' });

const create = createRoute({
  method: 'post',
  path: '/projects',
  summary: 'Make a project',
  tags: ['Projects'],
  middleware: permitted('project.create'),
  request: {
    body: { required: true, content: json(z.strictObject({ name: Name, workspace: z.string().optional() })) },
  },
  responses: {
    201: { description: 'The project', content: json(Project) },
    ...errors('not_found', 'missing_parameter', 'invalid_type', 'invalid_value'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/projects',
  summary: 'List projects',
  tags: ['Projects'],
  middleware: permitted('project.read'),
  request: { query: ScopedPageQuery },
  responses: {
    200: { description: 'A page', content: json(pageSchema(Project)) },
    ...errors('not_found', 'invalid_value'),
  },
});

export const projects = new OpenAPIHono<ApiEnv>()
  .openapi(create, async (c) =>
    c.json(await createProject(c.env, c.get('principal'), c.req.valid('json')), 201),
  )
  .openapi(list, async (c) =>
    c.json(await listProjects(c.env, c.get('principal'), c.req.valid('query')), 200),
  );
