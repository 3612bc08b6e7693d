import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { listScores } from '../../tenancy/routing/scores.ts';
import { permitted } from '../middleware/role.ts';
import { WorkspaceQuery } from './policy-schemas.ts';
import { type ApiEnv, errors, json, Seconds } from './schemas.ts';

const Score = z
  .object({
    workflow: z.string(),
    model: z.string().meta({ description: 'Canonical id.' }),
    mean: z.number().meta({ description: '0 to 1.' }),
    lower_bound: z.number().meta({
      description: 'Of the 95 % confidence interval: what `min_accuracy` is held against.',
    }),
    samples: z.number().int(),
    run: z.string().meta({ description: 'What measured it.' }),
    measured_at: Seconds,
  })
  .meta({ id: 'Score' });

const list = createRoute({
  method: 'get',
  path: '/scores',
  summary: 'Read how accurate models are, as measured',
  description: 'The newest measurement of each model, by workflow, best first. Evals write them.',
  tags: ['Routing'],
  middleware: permitted('routing.read'),
  request: {
    query: WorkspaceQuery.extend({
      workflow: z.string().min(1).max(200).optional().meta({ description: 'Default: all.' }),
    }),
  },
  responses: {
    200: { description: 'All of them', content: json(z.object({ data: z.array(Score) })) },
    ...errors('not_found'),
  },
});

export const scores = new OpenAPIHono<ApiEnv>().openapi(list, async (c) =>
  c.json({ data: await listScores(c.env, c.get('principal'), c.req.valid('query')) }, 200),
);
