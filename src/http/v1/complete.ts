import { completeChat } from '../../gateway/pipeline.ts';
import { readChatRequest } from '../../gateway/request.ts';
import { type Asked, withOriginal } from '../../gateway/surfaces.ts';
import type { HttpContext } from '../context.ts';
import { runCall } from './run-call.ts';

/**
 * Answers a chat completion, in whatever format it was asked for.
 * @param read the request's body as a chat completion.
 * @throws GatewayError as `read`, and as the pipeline.
 */
export function complete(c: HttpContext, read: (bytes: Uint8Array) => Asked): Promise<Response> {
  return runCall(
    c,
    (body, readHeader) => {
      const asked = read(body);
      const { request, control } = readChatRequest(asked.bytes, readHeader);
      return { request: withOriginal(request, asked), control, surface: asked.surface };
    },
    completeChat,
  );
}
