import { completePlain } from '../../gateway/pipeline.ts';
import { readModerationRequest } from '../../gateway/requests/moderation-request.ts';
import type { HttpContext } from '../context.ts';
import { runCall } from './run-call.ts';

/** POST /v1/moderations */
export function createModeration(c: HttpContext): Promise<Response> {
  return runCall(
    c,
    (bytes, readHeader) => ({ ...readModerationRequest(bytes, readHeader), surface: null }),
    (call) => completePlain(call, async ({ text }) => text),
  );
}
