import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { createKey } from '../../tenancy/keys/create.ts';
import { getKey } from '../../tenancy/keys/get.ts';
import { listKeys } from '../../tenancy/keys/list.ts';
import { revokeKey } from '../../tenancy/keys/revoke.ts';
import { rotateKey } from '../../tenancy/keys/rotate.ts';
import { updateKey } from '../../tenancy/keys/update.ts';
import { KEY_ROLES } from '../../tenancy/types.ts';
import { permitted } from '../middleware/role.ts';
import { Budgets, LimitsSchema, ModelGlob, ModelLimits } from './limit-schemas.ts';
import { PolicyInput, PolicySchema, policyFrom } from './policy-schemas.ts';
import {
  type ApiEnv,
  errors,
  IdParams,
  json,
  Name,
  pageSchema,
  ScopedPageQuery,
  Seconds,
} from './schemas.ts';

/** A rotated secret may live on for a month at most. */
const MAX_GRACE_S = 30 * 24 * 60 * 60;

const Key = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(KEY_ROLES),
    workspace: z.string(),
    project: z.string(),
    last_four: z.string(),
    created_at: Seconds,
    revoked_at: Seconds.nullable(),
    previous_secret_expires_at: Seconds.nullable(),
    created_by: z
      .string()
      .nullable()
      .meta({ description: "The member who made it; null for the operator's." }),
    limits: LimitsSchema.nullable(),
    model_limits: ModelLimits.nullable(),
    budgets: Budgets,
    models: z.array(z.string()).nullable(),
    expires_at: Seconds.nullable(),
    allowed_ips: z.array(z.string()).nullable(),
    metadata: z.record(z.string(), z.string()).nullable(),
    policy: PolicySchema.nullable(),
  })
  .meta({ id: 'Key' });

const KeyWithSecret = Key.extend({
  key: z.string().meta({ description: 'The secret, `inf_…`. It is shown this once.' }),
}).meta({ id: 'KeyWithSecret' });

/** What a key may do beyond its role. */
const restrictions = {
  limits: LimitsSchema.nullable().optional(),
  model_limits: ModelLimits.nullable().optional().meta({ description: 'Limits for some models alone.' }),
  budgets: Budgets.nullable().optional().meta({ description: 'What it may spend; hard.' }),
  models: z
    .array(ModelGlob)
    .max(200)
    .nullable()
    .optional()
    .meta({ description: 'Model ids or globs, such as `openai/*`. Absent: all of the workspace.' }),
  expires_at: Seconds.nullable().optional(),
  allowed_ips: z
    .array(z.string().max(60))
    .max(200)
    .nullable()
    .optional()
    .meta({ description: 'Addresses and CIDR blocks.' }),
  metadata: z.record(z.string().max(100), z.string().max(1000)).nullable().optional(),
  policy: PolicyInput.nullable().optional().meta({
    description: 'How its requests are routed: of each field, what they do not say themselves.',
  }),
};

const create = createRoute({
  method: 'post',
  path: '/keys',
  summary: 'Make a key',
  description:
    'The secret is in this answer and nowhere else. A key never makes one that can do more than itself.',
  tags: ['Keys'],
  middleware: permitted('key.create'),
  request: {
    body: {
      required: true,
      content: json(
        z.strictObject({
          name: Name,
          role: z.enum(KEY_ROLES).default('inference'),
          workspace: z
            .string()
            .optional()
            .meta({ description: "Default: the calling key's own; for the operator, the oldest." }),
          project: z.string().optional().meta({ description: "Default: the workspace's first." }),
          ...restrictions,
        }),
      ),
    },
  },
  responses: {
    201: { description: 'The key and its secret', content: json(KeyWithSecret) },
    ...errors('not_found', 'missing_parameter', 'invalid_type', 'invalid_value', 'unsupported_parameter'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/keys',
  summary: 'List keys',
  tags: ['Keys'],
  middleware: permitted('key.read'),
  request: { query: ScopedPageQuery },
  responses: {
    200: { description: 'A page of keys that are not revoked', content: json(pageSchema(Key)) },
    ...errors('not_found', 'invalid_value'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/keys/{id}',
  summary: 'Read a key',
  tags: ['Keys'],
  middleware: permitted('key.read'),
  request: { params: IdParams },
  responses: { 200: { description: 'The key', content: json(Key) }, ...errors('not_found') },
});

const update = createRoute({
  method: 'patch',
  path: '/keys/{id}',
  summary: 'Change what a key may do',
  description: 'What is absent stays; null takes a restriction away.',
  tags: ['Keys'],
  middleware: permitted('key.write'),
  request: {
    params: IdParams,
    body: {
      required: true,
      content: json(
        z.strictObject({ name: Name.optional(), role: z.enum(KEY_ROLES).optional(), ...restrictions }),
      ),
    },
  },
  responses: {
    200: { description: 'The key', content: json(Key) },
    ...errors('not_found', 'conflict', 'invalid_type', 'invalid_value', 'unsupported_parameter'),
  },
});

const rotate = createRoute({
  method: 'post',
  path: '/keys/{id}/rotate',
  summary: 'Give a key a new secret',
  tags: ['Keys'],
  middleware: permitted('key.rotate'),
  request: {
    params: IdParams,
    body: {
      required: false,
      content: json(
        z.strictObject({
          grace_s: z
            .number()
            .int()
            .min(0)
            .max(MAX_GRACE_S)
            .default(0)
            .meta({ description: 'Seconds for which the old secret goes on working.' }),
        }),
      ),
    },
  },
  responses: {
    200: { description: 'The key and its new secret', content: json(KeyWithSecret) },
    ...errors('not_found', 'conflict', 'invalid_type', 'invalid_value'),
  },
});

const revoke = createRoute({
  method: 'delete',
  path: '/keys/{id}',
  summary: 'Revoke a key',
  description: 'It stops at once here, and everywhere within a minute.',
  tags: ['Keys'],
  middleware: permitted('key.revoke'),
  request: { params: IdParams },
  responses: { 204: { description: 'Revoked' }, ...errors('not_found') },
});

/** A body whose policy is read. */
function withPolicy<T extends { policy?: z.infer<typeof PolicyInput> | null | undefined }>(body: T) {
  return { ...body, policy: body.policy && policyFrom(body.policy) };
}

export const keys = new OpenAPIHono<ApiEnv>()
  .openapi(create, async (c) =>
    c.json(await createKey(c.env, c.get('principal'), withPolicy(c.req.valid('json'))), 201),
  )
  .openapi(list, async (c) => c.json(await listKeys(c.env, c.get('principal'), c.req.valid('query')), 200))
  .openapi(get, async (c) => c.json(await getKey(c.env, c.get('principal'), c.req.valid('param').id), 200))
  .openapi(update, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await updateKey(c.env, c.get('principal'), id, withPolicy(c.req.valid('json'))), 200);
  })
  .openapi(rotate, async (c) => {
    const graceS = c.req.valid('json').grace_s ?? 0;
    return c.json(await rotateKey(c.env, c.get('principal'), c.req.valid('param').id, graceS), 200);
  })
  .openapi(revoke, async (c) => {
    await revokeKey(c.env, c.get('principal'), c.req.valid('param').id);
    return c.body(null, 204);
  });
