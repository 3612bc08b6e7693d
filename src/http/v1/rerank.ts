import { completePlain } from '../../gateway/pipeline.ts';
import { readRerankRequest } from '../../gateway/requests/rerank-request.ts';
import type { HttpContext } from '../context.ts';
import { runCall } from './run-call.ts';

/** POST /v1/rerank */
export function rankDocuments(c: HttpContext): Promise<Response> {
  return runCall(
    c,
    (bytes, readHeader) => ({ ...readRerankRequest(bytes, readHeader), surface: null }),
    (call) => completePlain(call, async ({ text }) => text),
  );
}
