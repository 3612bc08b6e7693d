import { Hono } from 'hono';
import type { HttpEnv } from './http/context.ts';
import { handleError, handleNotFound, methodNotAllowed } from './http/errors.ts';
import { authenticated } from './http/middleware/authenticate.ts';
import { requestId } from './http/middleware/request-id.ts';
import { chatCompletions } from './http/v1/chat-completions.ts';
import { getCredits } from './http/v1/credits.ts';
import { getGeneration } from './http/v1/generations.ts';
import { getCallingKey } from './http/v1/key.ts';
import { models } from './http/v1/models.ts';

/** The type the dashboard's client is made of. */
export type { ApiApp } from './http/api/index.ts';

export const app = new Hono<HttpEnv>();

app.use(requestId);
app.onError(handleError);
app.notFound(handleNotFound);

app.get('/health', (c) => c.json({ status: 'ok' }));

// The data plane.
app.use('/v1/*', authenticated);
app.post('/v1/chat/completions', chatCompletions);
app.all('/v1/chat/completions', methodNotAllowed('POST'));
app.route('/', models);
app.get('/v1/key', getCallingKey);
app.all('/v1/key', methodNotAllowed('GET'));
app.get('/v1/credits', getCredits);
app.all('/v1/credits', methodNotAllowed('GET'));
app.get('/v1/generations/:id', getGeneration);
app.all('/v1/generations/:id', methodNotAllowed('GET'));

// The control plane is large and off the request path: it is loaded when first asked for.
app.all('/api/*', async (c) => {
  const { api } = await import('./http/api/index.ts');
  return api.fetch(c.req.raw, c.env, c.executionCtx);
});
