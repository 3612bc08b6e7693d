import { completePlain } from '../../gateway/pipeline.ts';
import { readEmbeddingRequest } from '../../gateway/requests/embedding-request.ts';
import type { HttpContext } from '../context.ts';
import { runCall } from './run-call.ts';

/** POST /v1/embeddings */
export function embeddings(c: HttpContext): Promise<Response> {
  return runCall(
    c,
    (bytes, readHeader) => ({ ...readEmbeddingRequest(bytes, readHeader), surface: null }),
    (call) => completePlain(call, async ({ text }) => text),
  );
}
