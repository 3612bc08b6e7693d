import type { OpenAPIHono } from '@hono/zod-openapi';
import { asObject, type JsonObject } from '../../lib/json.ts';
import { PERMISSIONS } from '../../tenancy/permissions.ts';
import { actionOf } from '../middleware/role.ts';
import type { ApiEnv } from './schemas.ts';

let text: string | null = null;

/** The OpenAPI 3.1 document of the management API as JSON text. Made once per isolate: making it takes long. */
export function openApiDocument(api: OpenAPIHono<ApiEnv>): string {
  text ??= JSON.stringify(makeDocument(api));
  return text;
}

function makeDocument(api: OpenAPIHono<ApiEnv>) {
  api.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description:
      'The operator key, or a key of a role that `x-roles` of the route names. A key acts within its own workspace alone.',
  });
  api.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'interline.session_token',
    description:
      'Set by signing in; `__Secure-interline.session_token` over https. Changes must come from the same origin: outside a browser send `Origin` with the scheme and host of the gateway. `x-workspace` names the workspace of who belongs to several.',
  });
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Interline management API',
      version: '1',
      description:
        'Providers, models, workspaces and keys of an Interline deployment. Errors have OpenAI’s envelope; `code` is stable.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { session: [] }],
    tags: [
      'Providers',
      'Models',
      'Routing',
      'Workspaces',
      'Projects',
      'Keys',
      'Sign-in',
      'Me',
      'Members',
      'Invitations',
      'Users',
      'Payments',
      'Invoices',
      'Reconciliation',
      'Audit',
    ].map((name) => ({ name })),
  });
  for (const { path, method, handler } of api.routes) {
    const action = actionOf(handler);
    const methods = document.paths?.[path.replaceAll(/:(\w+)/g, '{$1}')] as JsonObject | undefined;
    const operation = asObject(methods?.[method.toLowerCase()]);
    if (action && operation) operation['x-roles'] = [...PERMISSIONS[action]];
  }
  return document;
}
