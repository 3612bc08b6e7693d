import { findFile } from '../../files/find.ts';
import { readFile } from '../../files/read.ts';
import type { InlineOptions } from '../../gateway/files/inline.ts';
import type { HttpContext } from '../context.ts';
import { MAX_BODY_BYTES } from '../middleware/body.ts';
import { callerOf } from './run-call.ts';

/** How the gateway gets the files that requests of this caller name. */
export function namedFiles(c: HttpContext): InlineOptions {
  return {
    maxBytes: MAX_BODY_BYTES,
    find: async (id, param) => {
      const file = await findFile(c.env, callerOf(c), id, param);
      return {
        filename: file.filename,
        contentType: file.contentType,
        bytes: file.bytes,
        read: async () => new Uint8Array(await new Response(await readFile(c.env, file)).arrayBuffer()),
      };
    },
  };
}
