import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { GatewayError } from '../../errors.ts';
import { deleteModel } from '../../registry/delete-model.ts';
import { viewModel } from '../../registry/model-view.ts';
import { putModel } from '../../registry/put-model.ts';
import { actorName } from '../../tenancy/permissions.ts';
import { permitted } from '../middleware/role.ts';
import { currentRegistry } from './registry.ts';
import { type ApiEnv, errors, json, Name } from './schemas.ts';

/** No price comes near; it keeps every rate within what a number holds exactly. */
const MAX_USD_PER_MILLION = 1_000_000;

const MODEL_ID = /^[a-z0-9][a-z0-9._:+-]*(\/[a-z0-9][a-z0-9._:+-]*)*$/;

export const ModelParams = z.object({
  id: z
    .string()
    .max(200)
    .transform((id) => id.toLowerCase())
    .pipe(z.string().regex(MODEL_ID))
    .meta({ description: '`vendor/model`, URL-encoded.', example: 'openai/gpt-4o' }),
});

const Usd = z.number().min(0).max(MAX_USD_PER_MILLION);
const Tokens = z.number().int().min(1).max(1_000_000_000);

const rates = {
  input: Usd,
  output: Usd,
  cached_input: Usd.optional(),
  cache_write: Usd.optional(),
  cache_write_long: Usd.optional().meta({ description: 'Cache writes with a lifetime of an hour.' }),
  reasoning: Usd.optional().meta({ description: 'Where it is priced apart from other output.' }),
  input_audio: Usd.optional(),
  output_audio: Usd.optional(),
  input_image: Usd.optional(),
  output_image: Usd.optional(),
};

export const Price = z
  .strictObject({
    ...rates,
    per_request: Usd.optional().meta({ description: 'USD per request, on top of the tokens.' }),
    tiers: z
      .array(z.strictObject({ above: Tokens, ...rates }))
      .max(10)
      .optional()
      .meta({ description: 'Rates for requests whose input is larger than `above` tokens; ascending.' }),
  })
  .meta({
    id: 'Price',
    description: 'USD per 1M tokens. A kind without a rate is charged as input or output.',
  });

const abilities = ['tools', 'reasoning', 'structured_output', 'temperature', 'attachments'] as const;

const CapabilityFlags = z
  .strictObject({
    tools: z.boolean().optional(),
    reasoning: z.boolean().optional(),
    structured_output: z.boolean().optional(),
    temperature: z.boolean().optional(),
    attachments: z.boolean().optional(),
  })
  .meta({ id: 'Capabilities', description: 'What an endpoint is known to take; absent is unknown.' });

const CapabilitiesInput = z.union([
  z.array(z.enum(abilities)).transform((list) => Object.fromEntries(list.map((name) => [name, true]))),
  CapabilityFlags,
]);

const Kind = z.enum(['chat', 'embedding', 'image', 'speech', 'transcription']);
const Modality = z.enum(['text', 'image', 'audio', 'video', 'pdf']);

const Model = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: Kind,
    vendor: z.string(),
    family: z.string().nullable(),
    context_length: z.number().int().nullable(),
    max_output_tokens: z.number().int().nullable(),
    input_modalities: z.array(Modality),
    output_modalities: z.array(Modality),
    knowledge: z.string().nullable(),
    release_date: z.string().nullable(),
    open_weights: z.boolean().nullable(),
    slugs: z.array(z.string()),
    endpoints: z.array(
      z.object({
        id: z.string(),
        provider: z.string(),
        upstream_model: z.string(),
        price: Price.nullable(),
        price_version: z.string().nullable(),
        regions: z.array(z.string()),
        capabilities: CapabilityFlags,
        context_length: z.number().int().nullable(),
        max_output_tokens: z.number().int().nullable(),
      }),
    ),
  })
  .meta({ id: 'Model' });

const ModelInput = z.strictObject({
  name: Name.optional(),
  kind: Kind,
  family: z.string().max(100).optional(),
  context_length: Tokens.optional(),
  max_output_tokens: Tokens.optional(),
  input_modalities: z.array(Modality).min(1).optional(),
  output_modalities: z.array(Modality).min(1).optional(),
  knowledge: z.string().max(20).optional(),
  release_date: z.iso.date().optional(),
  open_weights: z.boolean().optional(),
  slugs: z.array(z.string().trim().min(1).max(200)).max(50).optional(),
  endpoints: z
    .array(
      z.strictObject({
        provider: z.string().min(1).max(64),
        upstream_model: z.string().min(1).max(300),
        price: Price.nullable()
          .optional()
          .meta({ description: 'Absent: not known, and so is what answers cost.' }),
        regions: z.array(z.string().min(1).max(50)).max(50).optional(),
        capabilities: CapabilitiesInput.optional(),
        context_length: Tokens.optional(),
        max_output_tokens: Tokens.optional(),
      }),
    )
    .max(50)
    .meta({ description: 'In the order in which they are tried.' }),
});

const list = createRoute({
  method: 'get',
  path: '/models',
  summary: 'List models',
  description: 'All that are known, also those that no configured provider can serve.',
  tags: ['Models'],
  middleware: permitted('model.read'),
  responses: {
    200: { description: 'All of them', content: json(z.object({ data: z.array(Model) })) },
    ...errors('registry_unavailable'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/models/{id}',
  summary: 'Read a model',
  tags: ['Models'],
  middleware: permitted('model.read'),
  request: { params: ModelParams },
  responses: { 200: { description: 'The model', content: json(Model) }, ...errors('model_not_found') },
});

const put = createRoute({
  method: 'put',
  path: '/models/{id}',
  summary: 'Declare a model and its endpoints',
  description: 'As a whole. A changed price is a new version; receipts name the one they were charged by.',
  tags: ['Models'],
  middleware: permitted('model.write'),
  request: { params: ModelParams, body: { required: true, content: json(ModelInput) } },
  responses: {
    200: { description: 'The model', content: json(Model) },
    ...errors('missing_parameter', 'invalid_type', 'invalid_value', 'conflict'),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/models/{id}',
  summary: 'Take back the declaration of a model',
  description: 'A shipped model is as shipped again.',
  tags: ['Models'],
  middleware: permitted('model.write'),
  request: { params: ModelParams },
  responses: { 204: { description: 'Done' }, ...errors('not_found', 'conflict') },
});

export const models = new OpenAPIHono<ApiEnv>()
  .openapi(list, async (c) => {
    const registry = await currentRegistry(c);
    return c.json({ data: registry.models.map((model) => viewModel(model, registry)) }, 200);
  })
  .openapi(get, async (c) => {
    const registry = await currentRegistry(c);
    const model = registry.find(c.req.valid('param').id);
    if (!model) throw new GatewayError('model_not_found', { param: 'id' });
    return c.json(viewModel(model, registry), 200);
  })
  .openapi(put, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await putModel(c.env, actorName(c.get('principal')), id, c.req.valid('json')), 200);
  })
  .openapi(remove, async (c) => {
    await deleteModel(c.env, actorName(c.get('principal')), c.req.valid('param').id);
    return c.body(null, 204);
  });
