import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { listProbes } from '../../evals/probes/list.ts';
import { runProbes } from '../../evals/probes/run.ts';
import { ABILITIES } from '../../evals/probes/types.ts';
import { permitted } from '../middleware/role.ts';
import { currentRegistry } from './registry.ts';
import { type ApiEnv, errors, json, Seconds } from './schemas.ts';

const Endpoint = z
  .string()
  .min(3)
  .max(400)
  .meta({ description: 'Model and provider: `openai/gpt-5@openai`.' });

const Probe = z
  .object({
    endpoint: z.string(),
    ability: z.enum(ABILITIES),
    result: z.enum(['honoured', 'ignored', 'refused', 'inconclusive', 'skipped']),
    evidence: z.string(),
    probed_at: Seconds,
  })
  .meta({ id: 'Probe' });

const run = createRoute({
  method: 'post',
  path: '/probes',
  summary: 'Probe what an endpoint can do',
  description:
    'Small requests with the operator’s credential, one after another; what is seen is recorded. Probes that might cost more than `max_usd` in all are skipped.',
  tags: ['Models'],
  middleware: permitted('probe.run'),
  request: {
    body: {
      required: true,
      content: json(
        z.strictObject({
          endpoint: Endpoint,
          abilities: z.array(z.enum(ABILITIES)).min(1).optional(),
          max_usd: z.number().positive().max(10).default(0.05),
        }),
      ),
    },
  },
  responses: {
    200: {
      description: 'What was seen',
      content: json(z.object({ data: z.array(Probe), cost_usd: z.number() })),
    },
    ...errors(
      'not_found',
      'conflict',
      'missing_parameter',
      'invalid_type',
      'invalid_value',
      'upstream_error',
    ),
  },
});

const list = createRoute({
  method: 'get',
  path: '/probes',
  summary: 'What probing an endpoint has shown',
  tags: ['Models'],
  middleware: permitted('probe.read'),
  request: { query: z.object({ endpoint: Endpoint }) },
  responses: {
    200: { description: 'The newest of each ability', content: json(z.object({ data: z.array(Probe) })) },
    ...errors('missing_parameter', 'invalid_value'),
  },
});

export const probes = new OpenAPIHono<ApiEnv>()
  .openapi(run, async (c) => {
    const { endpoint, abilities, max_usd: maxUsd } = c.req.valid('json');
    const registry = await currentRegistry(c);
    return c.json(await runProbes(c.env, c.get('principal'), registry, endpoint, abilities, maxUsd), 200);
  })
  .openapi(list, async (c) => {
    const { endpoint } = c.req.valid('query');
    return c.json({ data: await listProbes(c.env, c.get('principal'), endpoint) }, 200);
  });
