import type { ChatCodec } from '../../../types.ts';
import { constrains } from '../../constrains.ts';
import { decode } from './answer.ts';
import { encode } from './request.ts';
import { createStream } from './stream.ts';

/** Chat completions for models that a host serves by the Responses API alone. */
export const byResponses: ChatCodec = { encode, decode, stream: createStream, constrains };
