import { matchesModel } from '../../../../lib/model-glob.ts';
import { NOTHING_HOSTED } from '../../../hosted.ts';
import type { NativeCodec } from '../../../native.ts';
import { decodeNative } from './answer.ts';
import { goingOn } from './going-on.ts';
import { encodeNative } from './request.ts';
import { NativeCompletionStream } from './stream.ts';

/** Completions for their own clients, at hosts that complete texts. */
export const nativeCompletions: NativeCodec = {
  speaks({ capabilities: { api }, quirks: { completions }, upstreamModel }, { body }) {
    if (api !== undefined) return api === 'completions';
    const isAmong = (globs: readonly string[] = []): boolean =>
      globs.some((glob) => matchesModel(glob, upstreamModel));
    if (!completions) return false;
    return isAmong(completions.models) || (!!body.suffix && isAmong(completions.insert));
  },
  hosted: () => NOTHING_HOSTED,
  encode: encodeNative,
  decode: decodeNative,
  stream: ({ quirks }, meta) => new NativeCompletionStream(quirks, meta),
  goingOn,
};
