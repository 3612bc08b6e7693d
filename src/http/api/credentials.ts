import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { checkCredential, checkProvider } from '../../registry/credentials/check.ts';
import { createCredential } from '../../registry/credentials/create.ts';
import { listCredentials } from '../../registry/credentials/list.ts';
import type { Owner } from '../../registry/credentials/owner.ts';
import { removeCredential } from '../../registry/credentials/remove.ts';
import { resealCredentials } from '../../registry/credentials/reseal.ts';
import { updateCredential } from '../../registry/credentials/update.ts';
import { permitted } from '../middleware/role.ts';
import { Secret } from './provider-schemas.ts';
import { type ApiEnv, errors, IdParams, json, Name, Seconds } from './schemas.ts';

const Credential = z
  .object({
    id: z.string(),
    provider: z.string(),
    workspace: z.string().nullable().meta({ description: 'Null for the operator’s.' }),
    name: z.string().nullable(),
    last_four: z.string().meta({ description: 'The end of the secret, which is never shown.' }),
    priority: z.number().int(),
    weight: z.number().int(),
    exclusive: z.boolean(),
    created_at: Seconds,
  })
  .meta({ id: 'Credential' });

const Check = z.object({
  result: z.enum(['accepted', 'refused', 'limited', 'unknown']),
  message: z.string().meta({ description: 'In plain words.' }),
  status: z.number().int().nullable().meta({ description: 'The provider’s HTTP status.' }),
});

const Checked = Check.extend({
  credential: z.string().nullable().meta({ description: 'Null for one of the environment.' }),
  last_four: z.string().nullable(),
}).meta({ id: 'CredentialCheck' });

const Use = z.strictObject({
  name: Name.optional(),
  priority: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .optional()
    .meta({ description: 'Lower is used first. Default 0.' }),
  weight: z.number().int().min(0).max(1000).optional().meta({
    description: 'Share of the requests among those of one priority; 0 serves when no other can. Default 1.',
  }),
});

const Input = Use.extend({ secret: Secret });

const Exclusive = z.boolean().optional().meta({
  description: 'The operator’s credentials for this provider are never used in its place. Default false.',
});

const OwnUse = Use.extend({ exclusive: Exclusive });
const OwnInput = Input.extend({ exclusive: Exclusive, provider: z.string().min(1).max(64) });

const CredentialParams = IdParams.extend({ credential: z.string().min(1).max(200) });

const Listed = z.object({ data: z.array(Credential) });

const responses = {
  list: { 200: { description: 'All of them', content: json(Listed) }, ...errors('not_found') },
  create: {
    201: {
      description: 'The credential, and what the provider said to it',
      content: json(Credential.extend({ check: Check })),
    },
    ...errors('not_found', 'conflict', 'missing_parameter', 'invalid_type', 'invalid_value'),
  },
  update: {
    200: { description: 'The credential', content: json(Credential) },
    ...errors('not_found', 'invalid_type', 'invalid_value'),
  },
  remove: { 204: { description: 'Done' }, ...errors('not_found') },
};

const list = createRoute({
  method: 'get',
  path: '/providers/{id}/credentials',
  summary: 'List the operator’s credentials for a provider',
  tags: ['Providers'],
  middleware: permitted('provider.read'),
  request: { params: IdParams },
  responses: responses.list,
});

const create = createRoute({
  method: 'post',
  path: '/providers/{id}/credentials',
  summary: 'Add a credential for a provider',
  description:
    'Sealed for the host of the provider. One that the provider refuses rests for ten minutes, one that it limits as long as it says; meanwhile others serve.',
  tags: ['Providers'],
  middleware: permitted('provider.write'),
  request: { params: IdParams, body: { required: true, content: json(Input) } },
  responses: responses.create,
});

const update = createRoute({
  method: 'patch',
  path: '/providers/{id}/credentials/{credential}',
  summary: 'Change when a credential is used',
  tags: ['Providers'],
  middleware: permitted('provider.write'),
  request: { params: CredentialParams, body: { required: true, content: json(Use) } },
  responses: responses.update,
});

const remove = createRoute({
  method: 'delete',
  path: '/providers/{id}/credentials/{credential}',
  summary: 'Delete a credential',
  tags: ['Providers'],
  middleware: permitted('provider.write'),
  request: { params: CredentialParams },
  responses: responses.remove,
});

const listOwn = createRoute({
  method: 'get',
  path: '/workspaces/{id}/credentials',
  summary: 'List a workspace’s own credentials',
  tags: ['Workspaces'],
  middleware: permitted('credential.read'),
  request: { params: IdParams },
  responses: responses.list,
});

const createOwn = createRoute({
  method: 'post',
  path: '/workspaces/{id}/credentials',
  summary: 'Bring a key of your own for a provider',
  description:
    'Serves this workspace alone, before the operator’s. What it answers the workspace pays to the provider, and `byok_percent` of the price here.',
  tags: ['Workspaces'],
  middleware: permitted('credential.write'),
  request: { params: IdParams, body: { required: true, content: json(OwnInput) } },
  responses: responses.create,
});

const updateOwn = createRoute({
  method: 'patch',
  path: '/workspaces/{id}/credentials/{credential}',
  summary: 'Change when a credential is used',
  tags: ['Workspaces'],
  middleware: permitted('credential.write'),
  request: { params: CredentialParams, body: { required: true, content: json(OwnUse) } },
  responses: responses.update,
});

const removeOwn = createRoute({
  method: 'delete',
  path: '/workspaces/{id}/credentials/{credential}',
  summary: 'Delete a credential',
  tags: ['Workspaces'],
  middleware: permitted('credential.write'),
  request: { params: CredentialParams },
  responses: responses.remove,
});

const checkOwn = createRoute({
  method: 'post',
  path: '/workspaces/{id}/credentials/{credential}/check',
  summary: 'Ask the provider whether a credential is good',
  tags: ['Workspaces'],
  middleware: permitted('credential.write'),
  request: { params: CredentialParams },
  responses: { 200: { description: 'What it said', content: json(Checked) }, ...errors('not_found') },
});

const check = createRoute({
  method: 'post',
  path: '/providers/{id}/check',
  summary: 'Ask a provider whether its credentials are good',
  description: 'By its list of models, once with each credential, and once without to see that it is needed.',
  tags: ['Providers'],
  middleware: permitted('provider.write'),
  request: {
    params: IdParams,
    query: z.object({
      credential: z.string().max(200).optional().meta({ description: 'One instead of all.' }),
    }),
  },
  responses: {
    200: { description: 'What it said', content: json(z.object({ data: z.array(Checked) })) },
    ...errors('not_found'),
  },
});

const reseal = createRoute({
  method: 'post',
  path: '/credentials/reseal',
  summary: 'Seal credentials anew under the current encryption key',
  description:
    'A batch at a time, of the operator’s and of all workspaces’. Repeat until `next_cursor` is null.',
  tags: ['Providers'],
  middleware: permitted('credential.reseal'),
  request: { query: z.object({ cursor: z.string().max(200).optional() }) },
  responses: {
    200: {
      description: 'What was done',
      content: json(
        z.object({
          resealed: z.number().int(),
          unchanged: z.number().int(),
          failed: z.array(z.string()).meta({ description: 'Those that no key opens: enter them anew.' }),
          next_cursor: z.string().nullable(),
        }),
      ),
    },
    ...errors('invalid_value'),
  },
});

const operators = (provider: string): Owner => ({ kind: 'operator', provider });
const ownOf = (id: string): Owner => ({ kind: 'workspace', id });

export const credentials = new OpenAPIHono<ApiEnv>()
  .openapi(list, async (c) => {
    const owner = operators(c.req.valid('param').id);
    return c.json({ data: await listCredentials(c.env, c.get('principal'), owner) }, 200);
  })
  .openapi(create, async (c) => {
    const { id } = c.req.valid('param');
    const input = c.req.valid('json');
    return c.json(await createCredential(c.env, c.get('principal'), operators(id), id, input), 201);
  })
  .openapi(update, async (c) => {
    const { id, credential } = c.req.valid('param');
    const change = c.req.valid('json');
    return c.json(await updateCredential(c.env, c.get('principal'), operators(id), credential, change), 200);
  })
  .openapi(remove, async (c) => {
    const { id, credential } = c.req.valid('param');
    await removeCredential(c.env, c.get('principal'), operators(id), credential);
    return c.body(null, 204);
  })
  .openapi(listOwn, async (c) => {
    const owner = ownOf(c.req.valid('param').id);
    return c.json({ data: await listCredentials(c.env, c.get('principal'), owner) }, 200);
  })
  .openapi(createOwn, async (c) => {
    const { provider, ...input } = c.req.valid('json');
    const owner = ownOf(c.req.valid('param').id);
    return c.json(await createCredential(c.env, c.get('principal'), owner, provider, input), 201);
  })
  .openapi(updateOwn, async (c) => {
    const { id, credential } = c.req.valid('param');
    const change = c.req.valid('json');
    return c.json(await updateCredential(c.env, c.get('principal'), ownOf(id), credential, change), 200);
  })
  .openapi(removeOwn, async (c) => {
    const { id, credential } = c.req.valid('param');
    await removeCredential(c.env, c.get('principal'), ownOf(id), credential);
    return c.body(null, 204);
  })
  .openapi(checkOwn, async (c) => {
    const { id, credential } = c.req.valid('param');
    return c.json(await checkCredential(c.env, c.get('principal'), ownOf(id), credential), 200);
  })
  .openapi(check, async (c) => {
    const { credential } = c.req.valid('query');
    const data = await checkProvider(c.env, c.get('principal'), c.req.valid('param').id, credential);
    return c.json({ data }, 200);
  })
  .openapi(reseal, async (c) =>
    c.json(await resealCredentials(c.env, c.get('principal'), c.req.valid('query').cursor), 200),
  );
