import { Hono } from 'hono';
import type { HttpEnv } from './http/context.ts';
import { mountDataPlane, nothingHere } from './http/data-plane.ts';
import { handleError } from './http/errors.ts';
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

mountDataPlane(app, {
  '/v1/chat/completions': { POST: chatCompletions },
  '/v1/completions': { POST: createCompletion },
  '/v1/messages': { POST: createMessage },
  '/v1/messages/count_tokens': { POST: countMessageTokens },
  '/v1/responses': { POST: createResponse },
  // A POST here is one of those actions of the API that there are not.
  '/v1/responses/:id': { GET: getResponse, DELETE: deleteResponse, POST: null },
  '/v1/responses/:id/input_items': { GET: listInputItems },
  '/v1/responses/:id/cancel': { POST: cancelResponseById },
  '/v1/embeddings': { POST: embeddings },
  '/v1/images/generations': { POST: generateImages },
  '/v1/images/edits': { POST: editImages },
  '/v1/images/variations': { POST: varyImage },
  '/v1/audio/speech': { POST: createSpeech },
  '/v1/audio/transcriptions': { POST: createTranscription },
  '/v1/audio/translations': { POST: createTranslation },
  '/v1/moderations': { POST: createModeration },
  '/v1/rerank': { POST: rankDocuments },
  '/v1/files': { GET: listAllFiles, POST: { handler: uploadFile, once: false } },
  '/v1/files/:id': { GET: getFile, DELETE: removeFile },
  '/v1/files/:id/content': { GET: getFileContent },
  '/v1/batches': { GET: getBatches, POST: createBatchOf },
  '/v1/batches/:id': { GET: getBatch },
  '/v1/batches/:id/cancel': { POST: cancelBatchOf },
  '/v1/models': { GET: listModels },
  '/v1/models/:id{.+}': { GET: getModel },
  '/v1/key': { GET: getCallingKey },
  '/v1/credits': { GET: getCredits },
  '/v1/generations/:id': { GET: getGeneration },
});

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
