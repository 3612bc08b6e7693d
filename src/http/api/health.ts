import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { healthClient } from '../../objects/health/client.ts';
import { CONTINENTS } from '../../objects/health/types.ts';
import { HEALTH_STATUSES } from '../../registry/health-status.ts';
import { continentOf } from '../../routing/health/continent.ts';
import { stored } from '../../tenancy/storage.ts';
import { permitted } from '../middleware/role.ts';
import { healthView } from './health-view.ts';
import { type ApiEnv, errors, json, Seconds } from './schemas.ts';

const ContinentName = z.enum([...CONTINENTS, 'local']);

const OperatorOnly = 'Null for all but the operator: it tells how much others use.';

const Distribution = z
  .object({
    average: z.number().meta({ description: 'Moving; weights halve in a minute.' }),
    p50: z.number(),
    p95: z.number(),
    p99: z.number(),
    samples: z.number().int().nullable().meta({ description: OperatorOnly }),
  })
  .meta({ id: 'HealthDistribution', description: 'Of the last five minutes; quantiles within 5 %.' });

const Rate = z.number().nullable().meta({ description: 'A part of the requests; null without any.' });

const Window = z
  .object({
    requests: z.number().int().nullable().meta({ description: OperatorOnly }),
    error_rate: Rate,
    cut_rate: Rate,
    stall_rate: Rate,
  })
  .meta({ id: 'HealthWindow' });

const EndpointHealth = z
  .object({
    endpoint: z.string(),
    status: z.enum(HEALTH_STATUSES),
    circuit: z.enum(['closed', 'open', 'half_open']),
    open_until: Seconds.nullable(),
    ttft_ms: Distribution.nullable(),
    answer_ms: Distribution.nullable(),
    tokens_per_second: Distribution.nullable(),
    last_30s: Window,
    last_5m: Window,
    structured_output_validity: z.number().nullable().meta({
      description: 'Of answers that were to be JSON, the part that was what was asked for, in the last hour.',
    }),
    tool_call_validity: z.number().nullable().meta({
      description: 'The part of answers with tool calls whose arguments were JSON, within the last hour.',
    }),
    waking_since: Seconds.nullable(),
    observed_at: Seconds.nullable(),
  })
  .meta({ id: 'EndpointHealth' });

const read = createRoute({
  method: 'get',
  path: '/health',
  summary: 'How endpoints do, as one continent sees them',
  tags: ['Models'],
  middleware: permitted('health.read'),
  request: {
    query: z.object({
      continent: ContinentName.optional().meta({
        description: 'The caller’s own unless said; `local` where it is not known.',
      }),
      model: z.string().min(1).max(400).optional().meta({ description: 'Canonical id.' }),
    }),
  },
  responses: {
    200: {
      description: 'Endpoints of which something was seen within a day, by id',
      content: json(z.object({ continent: ContinentName, data: z.array(EndpointHealth) })),
    },
    ...errors('invalid_value'),
  },
});

export const health = new OpenAPIHono<ApiEnv>().openapi(read, async (c) => {
  const { continent = continentOf(c.req.raw), model } = c.req.valid('query');
  const { endpoints } = await stored(healthClient(c.env, continent).read());
  const showCounts = c.get('principal').kind === 'operator';
  const data = endpoints
    .filter(({ id }) => model === undefined || id.startsWith(`${model}@`))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((endpoint) => healthView(endpoint, showCounts));
  return c.json({ continent, data }, 200);
});
