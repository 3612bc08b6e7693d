import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import type { Env } from '../../../src/env.ts';
import { createFile } from '../../../src/files/create.ts';
import type { FormPart } from '../../../src/lib/multipart/types.ts';
import { writeMultipart } from '../../../src/lib/multipart/write.ts';
import { inputFile, stillBatch } from '../../support/batches.ts';
import { call, send } from '../../support/gateway.ts';

/** Whose things the requests are about. */
export interface Owner {
  workspace: string;
  project: string;
  /** The secret of a key of the role `inference`. */
  key: string;
}

/** What of a request is not in its route. */
export interface Sent {
  id?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

const MESSAGES = [{ role: 'user', content: 'hi' }];
const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

const json = (body: object) => async () => ({ body });
const nothing = async () => ({});

/**
 * By route, the smallest request that succeeds for whom the route is for. What it names is the owner's, and made anew
 * for each request where that uses it up.
 */
export const VALID: Record<string, (owner: Owner) => Promise<Sent>> = {
  'POST /v1/chat/completions': json({ model: 'demo-echo', messages: MESSAGES }),
  'POST /v1/completions': json({ model: 'demo-echo', prompt: 'hi' }),
  'POST /v1/messages': json({ model: 'demo-echo', max_tokens: 9, messages: MESSAGES }),
  'POST /v1/messages/count_tokens': json({ model: 'demo-echo', messages: MESSAGES }),
  'POST /v1/responses': json({ model: 'demo-echo', input: 'hi' }),
  'GET /v1/responses/:id': response,
  'DELETE /v1/responses/:id': response,
  'GET /v1/responses/:id/input_items': response,
  'POST /v1/responses/:id/cancel': (owner) => response(owner, { background: true }),
  'POST /v1/embeddings': json({ model: 'demo-embed', input: 'hi' }),
  'POST /v1/images/generations': json({ model: 'demo-image', prompt: 'hi' }),
  'POST /v1/images/edits': async () =>
    form([field('model', 'demo-image'), field('prompt', 'hi'), file('image', 'a.png', PNG)]),
  'POST /v1/images/variations': async () => form([field('model', 'demo-image'), file('image', 'a.png', PNG)]),
  'POST /v1/audio/speech': json({ model: 'demo-speech', voice: 'alloy', input: 'hi' }),
  'POST /v1/audio/transcriptions': recording,
  'POST /v1/audio/translations': recording,
  'POST /v1/moderations': json({ model: 'demo-moderation', input: 'hi' }),
  'POST /v1/rerank': json({ model: 'demo-rerank', query: 'hi', documents: ['hi'] }),
  'GET /v1/files': nothing,
  'POST /v1/files': async () =>
    form([field('purpose', 'user_data'), file('file', 'a.txt', new TextEncoder().encode('hi'))]),
  'GET /v1/files/:id': stored,
  'DELETE /v1/files/:id': stored,
  'GET /v1/files/:id/content': stored,
  'GET /v1/batches': nothing,
  'POST /v1/batches': async (owner) => ({
    body: {
      // Nothing in it could be run.
      input_file_id: await inputFile(scopeOf(owner), ['']),
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    },
  }),
  'GET /v1/batches/:id': batch,
  'POST /v1/batches/:id/cancel': batch,
  'GET /v1/models': nothing,
  'GET /v1/models/:id{.+}': async () => ({ id: 'demo/echo' }),
  'GET /v1/key': nothing,
  'GET /v1/credits': nothing,
  'GET /v1/generations/:id': generation,
};

function scopeOf({ workspace, project }: Owner) {
  return { workspaceId: workspace, projectId: project };
}

function field(name: string, value: string): FormPart {
  return { name, value };
}

function file(name: string, filename: string, bytes: Uint8Array): FormPart {
  return { name, filename, type: 'application/octet-stream', bytes };
}

/** A form as it is sent. */
export function form(parts: FormPart[]): Sent {
  const { body, contentType } = writeMultipart(parts);
  return { body: Buffer.concat(body), headers: { 'content-type': contentType } };
}

async function recording({ key }: Owner): Promise<Sent> {
  const body = { model: 'demo-speech', voice: 'alloy', input: 'hi' };
  const spoken = await send('POST', '/v1/audio/speech', { key, body });
  return form([field('model', 'demo-transcribe'), file('file', 'a.wav', await spoken.bytes())]);
}

async function response({ key }: Owner, more: object = {}): Promise<Sent> {
  const body = { model: 'demo-echo', input: 'hi', store: true, ...more };
  const answer = await call('POST', '/v1/responses', { key, body });
  expect(answer.status).toBe(200);
  return { id: answer.body.id };
}

async function stored(owner: Owner): Promise<Sent> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode('hi');
  }
  const author = { ...scopeOf(owner), actor: 'tests' };
  const kept = { purpose: 'user_data', filename: 'a.txt', contentType: 'text/plain' } as const;
  return { id: (await createFile(env as unknown as Env, author, kept, bytes())).id };
}

async function batch(owner: Owner): Promise<Sent> {
  return { id: (await stillBatch([''], scopeOf(owner))).order.batchId };
}

async function generation({ key }: Owner): Promise<Sent> {
  const body = { model: 'demo-embed', input: 'hi' };
  const answer = await call('POST', '/v1/embeddings', { key, body });
  return { id: answer.headers.get('x-generation-id') ?? '' };
}
