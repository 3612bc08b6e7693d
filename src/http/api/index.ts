import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { GatewayError } from '../../errors.ts';
import { inputError } from '../../invalid-input.ts';
import { handleError, handleNotFound } from '../errors.ts';
import { identified } from '../middleware/identify.ts';
import { requestId } from '../middleware/request-id.ts';
import { aliases } from './aliases.ts';
import { audit } from './audit.ts';
import { authRoutes } from './auth.ts';
import { credentials } from './credentials.ts';
import { docsPage } from './docs/page.ts';
import { fallbacks } from './fallbacks.ts';
import { health } from './health.ts';
import { invitations } from './invitations.ts';
import { invoices } from './invoices.ts';
import { keys } from './keys.ts';
import { ledger } from './ledger.ts';
import { limits } from './limits.ts';
import { me } from './me.ts';
import { members } from './members.ts';
import { models } from './models.ts';
import { openApiDocument } from './openapi.ts';
import { paymentProviderRoutes } from './payment-provider.ts';
import { payments } from './payments.ts';
import { policies } from './policies.ts';
import { prices } from './prices.ts';
import { probes } from './probes.ts';
import { projects } from './projects.ts';
import { providers } from './providers.ts';
import { reconciliation } from './reconciliation.ts';
import { registrySync } from './registry-sync.ts';
import { route } from './route.ts';
import type { ApiEnv } from './schemas.ts';
import { scores } from './scores.ts';
import { splits } from './splits.ts';
import { users } from './users.ts';
import { workflows } from './workflows.ts';
import { workspaces } from './workspaces.ts';

/** The largest body of a management request, bytes. */
const MAX_BODY_BYTES = 1024 * 1024;

const base = new OpenAPIHono<ApiEnv>({
  defaultHook: (result) => {
    if (!result.success) throw inputError(result.error.issues[0], 'data' in result ? result.data : undefined);
  },
}).basePath('/api');

base.use(requestId);
base.onError((thrown, c) => handleError(ours(thrown), c));
base.notFound(handleNotFound);
base.get('/openapi.json', (c) => c.body(openApiDocument(api), 200, { 'content-type': 'application/json' }));
base.get('/docs', () => docsPage(openApiDocument(api)));
base.use(
  bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new GatewayError('request_too_large', {
        message: 'The body of a management request is at most 1 MB.',
      });
    },
  }),
);

// Where nobody need be known yet. What else better-auth serves is not served here.
const open = base.route('/', authRoutes).route('/', paymentProviderRoutes);
open.all('/auth/*', handleNotFound);
open.use(identified);

/** The management API: control plane, loaded when it is first asked for. */
export const api = open
  .route('/', providers)
  .route('/', credentials)
  .route('/', probes)
  .route('/', health)
  .route('/', models)
  .route('/', prices)
  .route('/', aliases)
  .route('/', policies)
  .route('/', fallbacks)
  .route('/', splits)
  .route('/', workflows)
  .route('/', scores)
  .route('/', route)
  .route('/', registrySync)
  .route('/', workspaces)
  .route('/', projects)
  .route('/', keys)
  .route('/', limits)
  .route('/', me)
  .route('/', members)
  .route('/', invitations)
  .route('/', users)
  .route('/', payments)
  .route('/', ledger)
  .route('/', invoices)
  .route('/', reconciliation)
  .route('/', audit);

/** The type that typed clients of the management API are made of. */
export type ApiApp = typeof api;

/** What the validation layer throws before it comes to a schema. */
function ours(thrown: unknown): unknown {
  if (!(thrown instanceof HTTPException)) return thrown;
  if (thrown.status === 415) return new GatewayError('unsupported_content_type');
  return thrown.status === 400 ? new GatewayError('invalid_json') : thrown;
}
