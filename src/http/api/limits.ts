import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { readStats, readWorkspaceLimits } from '../../tenancy/limits/read.ts';
import { setMemberLimits, setProjectLimits, setWorkspaceLimits } from '../../tenancy/limits/set.ts';
import { chooseWorkspace } from '../../tenancy/workspaces/choose.ts';
import { getWorkspacePricing } from '../../tenancy/workspaces/get-pricing.ts';
import { setWorkspaceModels } from '../../tenancy/workspaces/set-models.ts';
import { setWorkspacePricing } from '../../tenancy/workspaces/set-pricing.ts';
import { permitted } from '../middleware/role.ts';
import { AllowanceSchema, ModelGlob, UsageSchema } from './limit-schemas.ts';
import { type ApiEnv, errors, IdParams, json, Seconds } from './schemas.ts';

const Body = {
  required: true,
  content: json(AllowanceSchema.meta({ description: 'As a whole: what is absent is not limited.' })),
};
const Answers = {
  200: { description: 'What is set', content: json(AllowanceSchema) },
  ...errors('not_found', 'invalid_type', 'invalid_value', 'unsupported_parameter'),
};
const WorkspaceQuery = z.object({
  workspace: z.string().max(200).optional().meta({ description: "Default: the caller's own." }),
});

const setForWorkspace = createRoute({
  method: 'put',
  path: '/workspaces/{id}/limits',
  summary: 'Limit a workspace',
  description: 'Rates and budgets of all its keys together. In force when this is answered.',
  tags: ['Limits'],
  middleware: permitted('limits.write'),
  request: { params: IdParams, body: Body },
  responses: Answers,
});

const setForProject = createRoute({
  method: 'put',
  path: '/projects/{id}/limits',
  summary: 'Limit a project',
  tags: ['Limits'],
  middleware: permitted('limits.write'),
  request: { params: IdParams, body: Body },
  responses: Answers,
});

const setForMember = createRoute({
  method: 'put',
  path: '/members/{user}/limits',
  summary: 'Limit a member',
  description: 'All keys that the member made, together.',
  tags: ['Limits'],
  middleware: permitted('limits.write'),
  request: { params: z.object({ user: z.string().min(1).max(200) }), query: WorkspaceQuery, body: Body },
  responses: Answers,
});

const read = createRoute({
  method: 'get',
  path: '/workspaces/{id}/limits',
  summary: 'Read what a workspace may use, and what it has used',
  tags: ['Limits'],
  middleware: permitted('limits.read'),
  request: { params: IdParams },
  responses: { 200: { description: 'Limits and use', content: json(UsageSchema) }, ...errors('not_found') },
});

const stats = createRoute({
  method: 'get',
  path: '/limits/stats',
  summary: 'Read how often limits refused, and alerts of budgets',
  tags: ['Limits'],
  middleware: permitted('limits.read'),
  request: { query: WorkspaceQuery },
  responses: {
    200: {
      description: 'Counts since the workspace was made',
      content: json(
        z.object({
          admitted: z.number(),
          refused: z.number(),
          refused_optimistic: z
            .number()
            .meta({ description: 'Refused when they were on their way to the provider already.' }),
          expired: z.number().meta({ description: 'Reservations freed because nobody ended them.' }),
          overrun_usd: z.number().meta({ description: 'Charged beyond what was reserved.' }),
          alerts: z.array(
            z.object({
              scope: z.string(),
              window: z.string(),
              since: z.string(),
              percent: z.number(),
              amount_usd: z.number(),
              spent_usd: z.number(),
              at: Seconds,
            }),
          ),
        }),
      ),
    },
    ...errors('not_found'),
  },
});

const Models = z.object({
  models: z
    .array(ModelGlob)
    .max(500)
    .nullable()
    .meta({ description: 'Model ids or globs, such as `openai/*`; null enables all.' }),
});

const setModels = createRoute({
  method: 'put',
  path: '/workspaces/{id}/models',
  summary: 'Enable models in a workspace',
  tags: ['Workspaces'],
  middleware: permitted('workspace.write'),
  request: { params: IdParams, body: { required: true, content: json(Models.strict()) } },
  responses: {
    200: { description: 'What is enabled', content: json(Models) },
    ...errors('not_found', 'invalid_type', 'invalid_value'),
  },
});

const Percent = z.number().min(-100).max(1000).multipleOf(0.01);
const Pricing = z.object({
  margin_percent: Percent,
  models: z.array(z.strictObject({ model: ModelGlob, margin_percent: Percent })).max(200),
  cached_percent: z.number().min(0).max(100).meta({ description: 'What answers from the cache cost.' }),
  byok_percent: z.number().min(0).max(1000).multipleOf(0.01).optional().meta({
    description: 'Of the provider’s price, where the workspace’s own credential pays it. Default 0.',
  }),
});

const readPricing = createRoute({
  method: 'get',
  path: '/workspaces/{id}/pricing',
  summary: 'Read what a workspace pays on top of providers’ prices',
  tags: ['Workspaces'],
  middleware: permitted('pricing.read'),
  request: { params: IdParams },
  responses: { 200: { description: 'The pricing', content: json(Pricing) }, ...errors('not_found') },
});

const setPricing = createRoute({
  method: 'put',
  path: '/workspaces/{id}/pricing',
  summary: 'Set what a workspace pays on top of providers’ prices',
  tags: ['Workspaces'],
  middleware: permitted('workspace.pricing'),
  request: { params: IdParams, body: { required: true, content: json(Pricing.partial().strict()) } },
  responses: {
    200: { description: 'The pricing', content: json(Pricing) },
    ...errors('not_found', 'invalid_type', 'invalid_value'),
  },
});

export const limits = new OpenAPIHono<ApiEnv>()
  .openapi(setForWorkspace, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await setWorkspaceLimits(c.env, c.get('principal'), id, c.req.valid('json')), 200);
  })
  .openapi(setForProject, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await setProjectLimits(c.env, c.get('principal'), id, c.req.valid('json')), 200);
  })
  .openapi(setForMember, async (c) => {
    const actor = c.get('principal');
    const workspace = await chooseWorkspace(c.env, actor, c.req.valid('query').workspace);
    const { user } = c.req.valid('param');
    return c.json(await setMemberLimits(c.env, actor, workspace, user, c.req.valid('json')), 200);
  })
  .openapi(read, async (c) =>
    c.json(await readWorkspaceLimits(c.env, c.get('principal'), c.req.valid('param').id), 200),
  )
  .openapi(stats, async (c) => {
    const actor = c.get('principal');
    const workspace = await chooseWorkspace(c.env, actor, c.req.valid('query').workspace);
    return c.json(await readStats(c.env, actor, workspace), 200);
  })
  .openapi(setModels, async (c) => {
    const { id } = c.req.valid('param');
    const { models } = c.req.valid('json');
    return c.json(await setWorkspaceModels(c.env, c.get('principal'), id, models), 200);
  })
  .openapi(readPricing, async (c) =>
    c.json(await getWorkspacePricing(c.env, c.get('principal'), c.req.valid('param').id), 200),
  )
  .openapi(setPricing, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await setWorkspacePricing(c.env, c.get('principal'), id, c.req.valid('json')), 200);
  });
