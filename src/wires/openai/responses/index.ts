import type { JsonObject } from '../../../lib/json.ts';
import type { Surface, SurfaceRequest } from '../../surfaces.ts';
import type { ChatBody } from '../../types.ts';
import { ResponseStream, wholeResponse } from './answer.ts';
import type { Dropped } from './dropped.ts';
import { readFields } from './fields.ts';
import { readInput } from './input.ts';
import { saysWordsOfChat } from './native/request.ts';
import { unsupported } from './refuse.ts';
import { sketchResponse } from './sketch.ts';
import { readTools } from './tools.ts';

/** OpenAI's Responses API (https://platform.openai.com/docs/api-reference/responses), for its clients. */
export const responses: Surface = {
  id: 'responses',
  read: (body) => readResponseRequest(body),
  sketch: (body) => {
    const chat = sketchResponse(body);
    return chat && requestOf(body, chat, []);
  },
  needsTranslation: saysWordsOfChat,
  error: (error) => ({ error }),
};

/**
 * Reads a request whose `input` is the whole conversation: references to earlier responses are resolved already.
 * @param earlier so many items of the input come from the response that `previous_response_id` names.
 * @throws GatewayError as `Surface.read`; `unsupported_parameter` for references that are not resolved.
 */
export function readResponseRequest(body: JsonObject, earlier = 0): SurfaceRequest {
  if (body.previous_response_id != null && earlier === 0) {
    throw unsupported(
      'previous_response_id',
      'The earlier response is not known: send its items in `input`.',
    );
  }
  const dropped: Dropped = new Set();
  const { model, ...fields } = readFields(body, dropped);
  const messages = readInput(body, earlier, dropped);
  // Whether the model is a name is checked where all requests are.
  const chat = { model, messages, ...readTools(body, dropped), ...fields } as ChatBody;
  return requestOf(body, chat, [...dropped]);
}

function requestOf(body: JsonObject, chat: ChatBody, dropped: readonly string[]): SurfaceRequest {
  return {
    chat,
    dropped,
    whole: (completion, labels) => wholeResponse(body, completion, labels),
    stream: (labels) => new ResponseStream(body, labels),
  };
}
