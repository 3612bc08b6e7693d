import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { explainRoute } from '../../gateway/planning/explain.ts';
import { readChatRequest } from '../../gateway/requests/request.ts';
import { continentOf } from '../../routing/health/continent.ts';
import { RequestHealth } from '../../routing/health/request-health.ts';
import { ROUTING_REASONS } from '../../routing/reasons.ts';
import { CONSTRAINTS } from '../../routing/types.ts';
import { callerOf } from '../../tenancy/routing/caller.ts';
import { permitted } from '../middleware/role.ts';
import { PolicySchema, Trigger, WorkspaceQuery } from './policy-schemas.ts';
import { currentRegistry } from './registry.ts';
import { type ApiEnv, errors, json } from './schemas.ts';

const ChatRequest = z
  .looseObject({ model: z.string().min(1), messages: z.array(z.unknown()).min(1) })
  .meta({ description: 'As for `POST /v1/chat/completions`, with all its extensions.' });

const Constraint = z.enum(CONSTRAINTS);

const Candidate = z.object({
  model: z.string(),
  endpoint: z.string(),
  provider: z.string(),
  on: z.array(Trigger).readonly().nullable().meta({
    description: 'The failures that lead to it, where only some do.',
  }),
  max_output_tokens: z.number().nullable().meta({
    description: 'The output limit that it would be asked for, where a cost limit lowers it.',
  }),
  estimate: z.object({
    input_tokens: z.number(),
    output_tokens: z.number(),
    cost_usd: z.number().nullable().meta({ description: 'Null when the price is not known.' }),
    ttft_ms: z.number().nullable().meta({ description: 'To the first token.' }),
    tokens_per_second: z.number().nullable(),
    accuracy: z
      .object({
        value: z.number(),
        source: z.enum(['scores', 'prior']).meta({
          description: '`scores`: measured for the workflow. `prior`: guessed from published benchmarks.',
        }),
      })
      .nullable(),
  }),
  remarks: z.array(z.string()).readonly(),
});

const Excluded = z.object({
  model: z.string(),
  endpoint: z.string().nullable(),
  constraints: z.array(Constraint),
  detail: z.string().meta({ description: 'What it would have taken, for people.' }),
});

const Route = z
  .object({
    object: z.literal('route'),
    policy: PolicySchema.meta({ description: 'The one in force.' }),
    reason: z.enum(ROUTING_REASONS).nullable().meta({
      description: 'Why the first candidate is first; null where the caller simply named it.',
    }),
    needs: z.object({
      images: z.boolean(),
      audio: z.boolean(),
      files: z.boolean(),
      tools: z.boolean(),
      schema: z.boolean(),
    }),
    candidates: z.array(Candidate).meta({ description: 'In the order in which they would be tried.' }),
    excluded: z.array(Excluded).meta({ description: 'The nearest first, at most 100.' }),
    excluded_by: z
      .partialRecord(Constraint, z.number())
      .meta({ description: 'How many endpoints fail each constraint.' }),
  })
  .meta({ id: 'Route' });

const explain = createRoute({
  method: 'post',
  path: '/route',
  summary: 'Explain how a request would be routed',
  description:
    'Who would serve it, in which order and at which estimates, and why others would not. Nobody is called. A key asks as itself, all others as a key without limits of its own. The headers `x-policy` and `x-workflow` count.',
  tags: ['Routing'],
  middleware: permitted('route.explain'),
  request: {
    query: WorkspaceQuery,
    headers: z.object({
      'x-workspace': z.string().max(200).optional().meta({ description: 'As `workspace`.' }),
    }),
    body: { required: true, content: json(ChatRequest) },
  },
  responses: {
    200: { description: 'The decision', content: json(Route) },
    ...errors(
      'missing_parameter',
      'invalid_type',
      'invalid_value',
      'model_not_supported',
      'not_found',
      'model_not_found',
      'model_not_enabled',
      'policy_not_found',
      'registry_unavailable',
    ),
  },
});

export const route = new OpenAPIHono<ApiEnv>().openapi(explain, async (c) => {
  const asked = c.req.valid('query').workspace ?? c.req.valid('header')['x-workspace'];
  const caller = await callerOf(c.env, c.get('principal'), asked);
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  const { request, control } = readChatRequest(bytes, (name) => c.req.header(name));
  const waitUntil = (promise: Promise<unknown>): void => c.executionCtx.waitUntil(promise);
  const view = explainRoute({
    caller,
    control,
    request,
    registry: await currentRegistry(c),
    env: c.env,
    health: new RequestHealth({ env: c.env, continent: continentOf(c.req.raw), waitUntil }),
  });
  return c.json(view, 200);
});
