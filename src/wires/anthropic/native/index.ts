import type { NativeCodec } from '../../native.ts';
import { hostedIn } from '../hosted.ts';
import { decodeNative } from './answer.ts';
import { encodeNative, withoutSealed } from './request.ts';
import { NativeMessageStream } from './stream.ts';

/** The Messages API for its own clients: every host of this wire speaks it. */
export const nativeMessages: NativeCodec = {
  speaks: () => true,
  hosted: ({ body, bytes }) => hostedIn(body, bytes, false),
  encode: encodeNative,
  decode: decodeNative,
  stream: (_, meta) => new NativeMessageStream(meta),
  withoutSealed,
};
