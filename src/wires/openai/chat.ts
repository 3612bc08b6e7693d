import { GatewayError } from '../../errors.ts';
import type { ChatCodec, Target } from '../types.ts';
import { constrains } from './constrains.ts';
import { encodeRequest } from './request.ts';
import { decodeResponse } from './response.ts';
import { byResponses } from './responses/upstream/index.ts';
import { createStream } from './stream.ts';

/** What is said by the API's own endpoint for chat. */
const asItIs: ChatCodec = { encode: encodeRequest, decode: decodeResponse, stream: createStream, constrains };

/** Chat completions by the API that a model is served by. */
export const chat: ChatCodec = {
  answers: ({ capabilities: { api } }) => api !== 'completions',
  encode: (request, target) => codecAt(target).encode(request, target),
  decode: (body, target, meta) => codecAt(target).decode(body, target, meta),
  stream: (target, meta) => codecAt(target).stream(target, meta),
  constrains,
};

/** @throws GatewayError `model_not_supported` for a model that answers no messages. */
function codecAt({ capabilities: { api }, upstreamModel }: Target): ChatCodec {
  if (api === undefined) return asItIs;
  if (api === 'responses') return byResponses;
  throw new GatewayError('model_not_supported', {
    param: 'model',
    message: `${upstreamModel} completes texts and answers no messages.`,
  });
}
