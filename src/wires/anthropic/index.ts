import type { Wire } from '../types.ts';
import { decodeCount, encodeCount } from './count.ts';
import { readError } from './error.ts';
import { hostedIn } from './hosted.ts';
import { nativeMessages } from './native/index.ts';
import { encode } from './request.ts';
import { decode } from './response.ts';
import { createStream } from './stream.ts';
import { constrains } from './structured.ts';

/** The Messages API of Anthropic, and of the hosts that speak it. */
export const anthropic: Wire = {
  id: 'anthropic',
  chat: { encode, decode, stream: createStream, constrains },
  native: { messages: nativeMessages },
  hosted: (request) => hostedIn(request.body(), request.bytes, true),
  tokens: { encode: encodeCount, decode: decodeCount },
  readError,
};
