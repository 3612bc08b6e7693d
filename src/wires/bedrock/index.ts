import { dearerTier, memberOf } from '../hosted.ts';
import type { Wire } from '../types.ts';
import { readError } from './error.ts';
import { EventStreamFramer } from './event-stream.ts';
import { unsayable } from './families.ts';
import { constrains, encode } from './request.ts';
import { decode } from './response.ts';
import { createStream } from './stream.ts';

/** Amazon Bedrock's Converse and ConverseStream, whose streams are AWS's binary events. */
export const bedrock: Wire = {
  id: 'bedrock',
  chat: {
    encode,
    decode,
    stream: createStream,
    constrains,
    unsayable,
    framer: () => new EventStreamFramer(),
  },
  hosted: (request) => ({ tools: dearerTier(memberOf(request, 'service_tier')), objects: [] }),
  readError,
};
