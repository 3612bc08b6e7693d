import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { GatewayError } from '../../errors.ts';
import { deleteProvider } from '../../registry/delete-provider.ts';
import { viewProvider } from '../../registry/provider-view.ts';
import { putProvider } from '../../registry/put-provider.ts';
import { actorName } from '../../tenancy/permissions.ts';
import { permitted } from '../middleware/role.ts';
import { currentRegistry } from './registry.ts';
import { type ApiEnv, errors, json, Name } from './schemas.ts';

const ProviderId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/)
  .meta({ description: 'Lower-case letters, digits, `-` and `_`.', example: 'openai' });

const Params = z.object({ id: ProviderId });

const HeaderName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/);
const ParameterName = z.string().min(1).max(100);
const RequestPath = z
  .string()
  .max(500)
  .regex(/^\/[\w./:{}?=&-]+$/);

const Auth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer') }),
  z.strictObject({ kind: z.literal('header'), name: HeaderName }),
  z.strictObject({ kind: z.literal('query'), name: z.string().regex(/^[\w-]{1,100}$/) }),
  z.strictObject({ kind: z.literal('google-service-account') }),
  z.strictObject({ kind: z.literal('aws-sigv4'), service: z.string().regex(/^[a-z0-9-]{1,50}$/) }),
  z.strictObject({ kind: z.literal('none') }),
]);

const kindQuirk = {
  path: RequestPath.optional(),
  rename: z.record(ParameterName, ParameterName).optional(),
  drop: z.array(ParameterName).max(100).readonly().optional(),
};

const Quirks = z
  .strictObject({
    rename: z
      .record(ParameterName, ParameterName)
      .optional()
      .meta({ description: 'Request fields that the host knows by another name.' }),
    drop: z
      .array(ParameterName)
      .max(100)
      .readonly()
      .optional()
      .meta({ description: 'Request fields that the host refuses: dropped, and reported.' }),
    add: z
      .record(ParameterName, z.string().max(1000))
      .optional()
      .meta({ description: 'Fields that the host demands in every request.' }),
    path: z.strictObject({ whole: RequestPath, stream: RequestPath }).optional().meta({
      description:
        "Where requests go instead of the wire's path, for whole answers and for streams. `{model}` stands for the model, which is left out of the body then. Wires `openai` and `anthropic`.",
    }),
    streamUsage: z.enum(['opt-in', 'always', 'never']).optional(),
    developerRole: z.literal('system').optional(),
    callIds: z.literal('none').optional(),
    reasoningOutsideCompletion: z.boolean().optional(),
    reasoningObject: z.boolean().optional(),
    prefill: z
      .strictObject({
        mark: z.enum(['prefix', 'partial', 'continue_final_message']),
        path: RequestPath.optional(),
      })
      .optional()
      .meta({
        description:
          'How the host is told that a last message of the assistant is the beginning of the answer, and where such requests go. Wire `openai`.',
      }),
    embedding: z
      .strictObject({
        ...kindQuirk,
        formats: z
          .array(z.enum(['float', 'base64']))
          .max(2)
          .readonly()
          .optional(),
        batch: z.number().int().min(1).max(100_000).optional(),
        batchTokens: z.number().int().min(1).max(100_000_000).optional(),
      })
      .optional()
      .meta({
        description:
          'Of embeddings: path, names, what `encoding_format` may be, and how many inputs and tokens one request may have.',
      }),
    image: z
      .strictObject({
        ...kindQuirk,
        format: z.enum(['b64_json', 'base64', 'none']).optional(),
        size: z.literal('width_height').optional(),
      })
      .optional()
      .meta({ description: 'Of images: path, names, how the picture itself is asked for, and its size.' }),
    speech: z
      .strictObject({ ...kindQuirk, events: z.boolean().optional() })
      .optional()
      .meta({
        description: 'Of speech: path, names, and whether events, which count tokens, are asked for.',
      }),
    transcription: z
      .strictObject({
        ...kindQuirk,
        translationPath: kindQuirk.path,
        format: z.enum(['json', 'verbose_json', 'none']).optional(),
      })
      .optional()
      .meta({ description: 'Of transcription: paths, names, and what other formats are made of.' }),
    moderation: z
      .strictObject({ ...kindQuirk, input: z.literal('text').optional() })
      .optional()
      .meta({ description: 'Of moderations: path, names, and whether texts alone are taken.' }),
    rerank: z.strictObject(kindQuirk).optional().meta({ description: 'Of reranking: path, names.' }),
    completions: z
      .strictObject({
        ...kindQuirk,
        models: z.array(z.string().min(1).max(200)).max(100).readonly(),
        insert: z.array(z.string().min(1).max(200)).max(100).readonly().optional(),
      })
      .optional()
      .meta({
        description:
          'The host completes texts as well: the models of which that is known, those that fill in before a `suffix`, path and names. Wire `openai`.',
      }),
    responses: z
      .strictObject({
        except: z.array(z.string().min(1).max(200)).max(100).readonly().optional(),
        sealsReasoning: z.boolean().optional(),
        drop: z.array(ParameterName).max(100).readonly().optional(),
      })
      .optional()
      .meta({
        description:
          'The host speaks the Responses API as well, but for these models; whether it seals reasoning for what it does not store, and fields that it refuses there. Wire `openai`.',
      }),
  })
  .meta({ id: 'Quirks', description: 'Deviations of a host from its wire format.' });

const Wire = z.enum(['openai', 'anthropic', 'google', 'bedrock', 'cohere']);

const Provider = z
  .object({
    id: z.string(),
    name: z.string(),
    base_url: z.string(),
    wire: Wire,
    auth: Auth,
    headers: z.record(z.string(), z.string()),
    quirks: Quirks,
    source: z.enum(['shipped', 'operator']),
    secret: z
      .object({ last_four: z.string() })
      .nullable()
      .meta({ description: 'The stored secret, by its end; it is never shown.' }),
    environment: z.array(z.string()).meta({ description: 'Variables that hold a secret for this provider.' }),
    servable: z.boolean().meta({ description: 'Whether requests can be sent to it now.' }),
    data_policy: z
      .object({ training: z.boolean(), retention_days: z.number().int(), source: z.string() })
      .partial({ training: true, retention_days: true })
      .nullable()
      .meta({
        description: 'What it says that it does with what it is sent, and where; absent members are unknown.',
      }),
    docs: z.string().nullable(),
  })
  .meta({ id: 'Provider' });

const ProviderInput = z.strictObject({
  name: Name.optional(),
  base_url: z
    .string()
    .optional()
    .meta({ description: 'https and public. The wire appends its path. Optional for shipped providers.' }),
  wire: Wire.optional().meta({ description: 'Optional for shipped providers.' }),
  secret: z
    .string()
    .min(1)
    .max(10_000)
    // One word, or a JSON object as people paste it.
    .regex(/^([\x21-\x7e]+|\s*\{[\x20-\x7e\s]*\}\s*)$/)
    .nullable()
    .optional()
    .meta({
      description: 'Sealed for the host of `base_url`. Absent: what is stored stays; null: it is deleted.',
    }),
  auth: z
    .union([z.enum(['bearer', 'none', 'google-service-account']).transform((kind) => ({ kind })), Auth])
    .optional()
    .meta({ description: "How the secret is sent. Default: the wire's way." }),
  headers: z
    .record(
      HeaderName,
      z
        .string()
        .max(2000)
        .regex(/^[\x20-\x7e]*$/),
    )
    .optional()
    .meta({ description: 'Sent with every request. Secrets do not belong here.' }),
  quirks: Quirks.optional(),
  allow_private: z.boolean().optional().meta({
    description: 'The host of `base_url` may be in a private network, over http too. To be said each time.',
  }),
});

const list = createRoute({
  method: 'get',
  path: '/providers',
  summary: 'List providers',
  tags: ['Providers'],
  middleware: permitted('provider.read'),
  responses: {
    200: { description: 'All of them', content: json(z.object({ data: z.array(Provider) })) },
    ...errors('registry_unavailable'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/providers/{id}',
  summary: 'Read a provider',
  tags: ['Providers'],
  middleware: permitted('provider.read'),
  request: { params: Params },
  responses: { 200: { description: 'The provider', content: json(Provider) }, ...errors('not_found') },
});

const put = createRoute({
  method: 'put',
  path: '/providers/{id}',
  summary: 'Declare a provider',
  description:
    'As a whole. For a shipped provider, `{"secret": "…"}` is enough. The host comes from here alone, never from a request.',
  tags: ['Providers'],
  middleware: permitted('provider.write'),
  request: { params: Params, body: { required: true, content: json(ProviderInput) } },
  responses: {
    200: { description: 'The provider', content: json(Provider) },
    ...errors('missing_parameter', 'invalid_type', 'invalid_value'),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/providers/{id}',
  summary: 'Take back the declaration of a provider',
  description: 'With its stored secret. A shipped provider is as shipped again.',
  tags: ['Providers'],
  middleware: permitted('provider.write'),
  request: { params: Params },
  responses: { 204: { description: 'Done' }, ...errors('not_found', 'conflict') },
});

export const providers = new OpenAPIHono<ApiEnv>()
  .openapi(list, async (c) => {
    const registry = await currentRegistry(c);
    return c.json(
      { data: registry.providers.map((provider) => viewProvider(provider, registry, c.env)) },
      200,
    );
  })
  .openapi(get, async (c) => {
    const registry = await currentRegistry(c);
    const provider = registry.provider(c.req.valid('param').id);
    if (!provider)
      throw new GatewayError('not_found', { param: 'id', message: 'There is no such provider.' });
    return c.json(viewProvider(provider, registry, c.env), 200);
  })
  .openapi(put, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await putProvider(c.env, actorName(c.get('principal')), id, c.req.valid('json')), 200);
  })
  .openapi(remove, async (c) => {
    await deleteProvider(c.env, actorName(c.get('principal')), c.req.valid('param').id);
    return c.body(null, 204);
  });
