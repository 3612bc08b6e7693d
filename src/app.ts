import { Hono } from 'hono';
import type { HttpEnv } from './http/context.ts';
import { dataPlane, nothingHere, othersThan } from './http/data-plane.ts';
import { handleError, methodNotAllowed } from './http/errors.ts';
import { createSpeech, createTranscription, createTranslation } from './http/v1/audio.ts';
import { cancelBatchOf, createBatchOf, getBatch, getBatches } from './http/v1/batches.ts';
import { chatCompletions } from './http/v1/chat-completions.ts';
import { createCompletion } from './http/v1/completions.ts';
import { getCredits } from './http/v1/credits.ts';
import { embeddings } from './http/v1/embeddings.ts';
import { getFile, getFileContent, listAllFiles, removeFile, uploadFile } from './http/v1/files.ts';
import { getGeneration } from './http/v1/generations.ts';
import { editImages, generateImages, getImageFile, varyImage } from './http/v1/images.ts';
import { getCallingKey } from './http/v1/key.ts';
import { countMessageTokens, createMessage } from './http/v1/messages.ts';
import { getModel, listModels } from './http/v1/models.ts';
import { createModeration } from './http/v1/moderations.ts';
import { rankDocuments } from './http/v1/rerank.ts';
import { createResponse } from './http/v1/responses.ts';
import {
  cancelResponseById,
  deleteResponse,
  getResponse,
  listInputItems,
} from './http/v1/stored-responses.ts';

/** The type the dashboard's client is made of. */
export type { ApiApp } from './http/api/index.ts';

export const app = new Hono<HttpEnv>();

app.onError(handleError);
app.notFound(nothingHere);

app.get('/health', (c) => c.json({ status: 'ok' }));

// The data plane. Each path and method has one handler: where several match, Hono builds a chain per request.
app.post('/v1/chat/completions', dataPlane(chatCompletions));
app.post('/v1/embeddings', dataPlane(embeddings));
app.post('/v1/images/generations', dataPlane(generateImages));
app.post('/v1/images/edits', dataPlane(editImages));
app.post('/v1/images/variations', dataPlane(varyImage));
app.post('/v1/audio/speech', dataPlane(createSpeech));
app.post('/v1/audio/transcriptions', dataPlane(createTranscription));
app.post('/v1/audio/translations', dataPlane(createTranslation));
app.post('/v1/completions', dataPlane(createCompletion));
app.post('/v1/moderations', dataPlane(createModeration));
app.post('/v1/rerank', dataPlane(rankDocuments));
app.post('/v1/messages', dataPlane(createMessage));
app.post('/v1/messages/count_tokens', dataPlane(countMessageTokens));
app.post('/v1/responses', dataPlane(createResponse));
app.post('/v1/files', dataPlane(uploadFile, false));
app.get('/v1/files', dataPlane(listAllFiles));
app.get('/v1/files/:id', dataPlane(getFile));
app.delete('/v1/files/:id', dataPlane(removeFile));
app.get('/v1/files/:id/content', dataPlane(getFileContent));
app.post('/v1/batches', dataPlane(createBatchOf));
app.get('/v1/batches', dataPlane(getBatches));
app.get('/v1/batches/:id', dataPlane(getBatch));
app.post('/v1/batches/:id/cancel', dataPlane(cancelBatchOf));
app.get('/v1/responses/:id', dataPlane(getResponse));
app.delete('/v1/responses/:id', dataPlane(deleteResponse));
app.get('/v1/responses/:id/input_items', dataPlane(listInputItems));
app.post('/v1/responses/:id/cancel', dataPlane(cancelResponseById));
app.get('/v1/models', dataPlane(listModels));
app.get('/v1/models/:id{.+}', dataPlane(getModel));
app.get('/v1/key', dataPlane(getCallingKey));
app.get('/v1/credits', dataPlane(getCredits));
app.get('/v1/generations/:id', dataPlane(getGeneration));

for (const path of [
  '/v1/chat/completions',
  '/v1/embeddings',
  '/v1/images/generations',
  '/v1/images/edits',
  '/v1/images/variations',
  '/v1/audio/speech',
  '/v1/audio/transcriptions',
  '/v1/audio/translations',
  '/v1/completions',
  '/v1/moderations',
  '/v1/rerank',
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1/responses',
]) {
  app.on(othersThan('POST'), path, dataPlane(methodNotAllowed('POST')));
}
app.on(othersThan('GET', 'POST'), '/v1/files', dataPlane(methodNotAllowed('GET, POST')));
app.on(othersThan('GET', 'DELETE'), '/v1/files/:id', dataPlane(methodNotAllowed('GET, DELETE')));
app.on(othersThan('GET'), '/v1/files/:id/content', dataPlane(methodNotAllowed('GET')));
// A POST here is one of those actions of the API that there are not.
app.on(othersThan('GET', 'DELETE', 'POST'), '/v1/responses/:id', dataPlane(methodNotAllowed('GET, DELETE')));
app.on(othersThan('POST'), '/v1/responses/:id/cancel', dataPlane(methodNotAllowed('POST')));
for (const path of [
  '/v1/models',
  '/v1/models/:id{.+}',
  '/v1/key',
  '/v1/credits',
  '/v1/generations/:id',
  '/v1/responses/:id/input_items',
]) {
  app.on(othersThan('GET'), path, dataPlane(methodNotAllowed('GET')));
}

app.on(othersThan('POST'), '/v1/batches/:id/cancel', dataPlane(methodNotAllowed('POST')));
app.on(othersThan('GET'), '/v1/batches/:id', dataPlane(methodNotAllowed('GET')));
app.on(othersThan('GET', 'POST'), '/v1/batches', dataPlane(methodNotAllowed('GET, POST')));

// Links to pictures carry their own proof.
app.get('/v1/images/files/:workspace/:name', getImageFile);

// Pages that links lead to: few people see them, once.
app.on(['GET', 'POST'], '/invitations/:id', async (c) => {
  const page = await import('./http/pages/invitation.ts');
  return c.req.method === 'POST' ? page.answerInvitation(c) : page.showInvitation(c);
});
app.on(['GET', 'POST'], '/reset-password', async (c) => {
  const page = await import('./http/pages/reset-password.ts');
  return c.req.method === 'POST' ? page.answerPasswordReset(c) : page.showPasswordReset(c);
});

// The control plane is large and off the request path: it is loaded when first asked for.
app.all('/api/*', async (c) => {
  const { api } = await import('./http/api/index.ts');
  return api.fetch(c.req.raw, c.env, c.executionCtx);
});
