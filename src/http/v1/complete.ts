import { inlineFiles } from '../../gateway/files/inline.ts';
import type { FilePlaces } from '../../gateway/files/places.ts';
import { type Asked, withOriginal } from '../../gateway/formats/surfaces.ts';
import { completeChat } from '../../gateway/pipeline.ts';
import type { ReadHeader } from '../../gateway/requests/control.ts';
import { readChatRequest } from '../../gateway/requests/request.ts';
import type { HttpContext } from '../context.ts';
import { namedFiles } from './named-files.ts';
import { runCall } from './run-call.ts';

/**
 * Answers a chat completion, in whatever format it was asked for.
 * @param read the request's body as a chat completion.
 * @param places where requests of that format name files; null where they do not, or `read` sees to it.
 * @throws GatewayError as `inlineFiles`, as `read`, and as the pipeline.
 */
export function complete(
  c: HttpContext,
  read: (bytes: Uint8Array) => Asked | Promise<Asked>,
  places: FilePlaces | null,
): Promise<Response> {
  return runCall(
    c,
    (body, readHeader) => {
      const bytes = places ? inlineFiles(body, places, namedFiles(c)) : body;
      const asked = bytes instanceof Promise ? bytes.then(read) : read(bytes);
      return asked instanceof Promise
        ? asked.then((late) => askedCall(late, readHeader))
        : askedCall(asked, readHeader);
    },
    completeChat,
  );
}

/** What of a chat completion's call is in its request. @throws GatewayError as `readChatRequest`. */
export function askedCall(asked: Asked, readHeader: ReadHeader) {
  const { surface, archiveFor } = asked;
  const { request, control } = readChatRequest(asked.bytes, readHeader);
  const original = withOriginal(request, asked);
  return { request: original, control, surface, ...(archiveFor ? { archiveFor } : {}) };
}
