import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { GatewayError } from '../../errors.ts';
import { deleteModel } from '../../registry/delete-model.ts';
import { viewModel } from '../../registry/model-view.ts';
import { putModel } from '../../registry/put-model.ts';
import { actorName } from '../../tenancy/permissions.ts';
import { permitted } from '../middleware/role.ts';
import { Model, ModelInput, ModelParams } from './model-schemas.ts';
import { currentRegistry } from './registry.ts';
import { type ApiEnv, errors, json } from './schemas.ts';

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
