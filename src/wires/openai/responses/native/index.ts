import { matchesModel } from '../../../../lib/model-glob.ts';
import type { NativeCodec } from '../../../native.ts';
import { decodeNative } from './answer.ts';
import { hostedInResponse } from './hosted.ts';
import { encodeNative, withoutSealed } from './request.ts';
import { NativeResponseStream } from './stream.ts';

/** The Responses API for its own clients, at hosts that speak it. */
export const nativeResponses: NativeCodec = {
  speaks({ capabilities: { api }, quirks: { responses }, upstreamModel }) {
    if (api !== undefined) return api === 'responses';
    return responses !== undefined && !responses.except?.some((glob) => matchesModel(glob, upstreamModel));
  },
  hosted: ({ body, bytes }) => hostedInResponse(body, bytes),
  encode: encodeNative,
  decode: decodeNative,
  stream: (target, meta) => new NativeResponseStream(target, meta),
  withoutSealed,
};
