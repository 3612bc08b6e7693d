import { WorkerEntrypoint } from 'cloudflare:workers';
import { Hono } from 'hono';
import type { BatchEndpoint } from '../batches/endpoints.ts';
import type { LineProps } from '../batches/lines/props.ts';
import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { newId } from '../lib/id.ts';
import { authenticateHash } from '../tenancy/authenticate.ts';
import { createSpeechFile } from './batch-speech.ts';
import type { HttpContext, HttpEnv } from './context.ts';
import { handleError } from './errors.ts';
import type { Handler } from './idempotent.ts';
import { createTranscription, createTranslation } from './v1/audio.ts';
import { chatCompletions } from './v1/chat-completions.ts';
import { createCompletion } from './v1/completions.ts';
import { embeddings } from './v1/embeddings.ts';
import { editImages, generateImages, varyImage } from './v1/images.ts';
import { countMessageTokens, createMessage } from './v1/messages.ts';
import { createModeration } from './v1/moderations.ts';
import { rankDocuments } from './v1/rerank.ts';
import { createResponse } from './v1/responses.ts';

const HANDLERS: Record<BatchEndpoint, Handler> = {
  '/v1/chat/completions': chatCompletions,
  '/v1/responses': createResponse,
  '/v1/completions': createCompletion,
  '/v1/messages': createMessage,
  '/v1/messages/count_tokens': countMessageTokens,
  '/v1/embeddings': embeddings,
  '/v1/images/generations': generateImages,
  '/v1/images/edits': editImages,
  '/v1/images/variations': varyImage,
  '/v1/audio/speech': createSpeechFile,
  '/v1/audio/transcriptions': createTranscription,
  '/v1/audio/translations': createTranslation,
  '/v1/moderations': createModeration,
  '/v1/rerank': rankDocuments,
};

const lines = new Hono<HttpEnv>();
lines.onError(handleError);
for (const [path, handler] of Object.entries(HANDLERS)) lines.post(path, ofLine(handler));

/**
 * The data plane for lines of batches, which the gateway calls itself: who calls, and for which line, stands in
 * `ctx.props`, which no client can set.
 */
export class BatchLinesEntrypoint extends WorkerEntrypoint<Env, LineProps> {
  override async fetch(request: Request): Promise<Response> {
    return await lines.fetch(request, this.env, this.ctx);
  }
}

/** A handler of the data plane whose answer is given when it has been settled. */
function ofLine(handler: Handler): (c: HttpContext) => Promise<Response> {
  return async (c) => {
    const id = newId('request');
    c.set('requestId', id);
    const { keyHash, generationId, batchId, line, waived } = c.executionCtx.props as LineProps;
    c.set(
      'principal',
      await authenticateHash(keyHash, c.env, (promise) => c.executionCtx.waitUntil(promise)),
    );
    const run = { generationId, line, batch: { id: batchId }, waived };
    c.set('line', run);
    const response = await handler(c);
    await settled(run.batch);
    if (!response.headers.has('x-request-id')) response.headers.set('x-request-id', id);
    return response;
  };
}

/** @throws GatewayError `storage_unavailable`: what it cost is not known to be in the ledger. */
async function settled(batch: NonNullable<HttpContext['var']['line']>['batch']): Promise<void> {
  try {
    await batch.settled;
  } catch (cause) {
    throw new GatewayError('storage_unavailable', { cause });
  }
}
