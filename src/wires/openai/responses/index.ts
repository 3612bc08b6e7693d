import { GatewayError } from '../../../errors.ts';
import type { JsonObject } from '../../../lib/json.ts';
import { Origins, paramName } from '../../param-names.ts';
import type { Surface, SurfaceRequest } from '../../surfaces.ts';
import type { ChatBody } from '../../types.ts';
import { ResponseStream, wholeResponse } from './answer.ts';
import type { Dropped } from './dropped.ts';
import { readFields } from './fields.ts';
import { readInput } from './input.ts';
import { namesIn } from './names.ts';
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
    return chat && requestOf(body, chat, [], new Origins());
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
  const origins = new Origins();
  let messages: JsonObject[];
  try {
    messages = readInput(body, earlier, dropped, origins);
  } catch (thrown) {
    if (!(thrown instanceof GatewayError) || thrown.param === null) throw thrown;
    throw thrown.with({ param: asSent(thrown.param) });
  }
  // Whether the model is a name is checked where all requests are.
  const chat = { model, messages, ...readTools(body, dropped, origins), ...fields } as ChatBody;
  return requestOf(body, chat, [...dropped], origins);
}

/** Items of an earlier response are sent by its id alone. */
function asSent(param: string): string {
  return param.startsWith('previous_response_id') ? 'previous_response_id' : param;
}

function requestOf(
  body: JsonObject,
  chat: ChatBody,
  dropped: readonly string[],
  origins: Origins,
): SurfaceRequest {
  return {
    chat,
    dropped,
    paramOf: (param) => asSent(paramName(param, chat, origins, namesIn(body))),
    whole: (completion, labels) => wholeResponse(body, completion, labels),
    stream: (labels) => new ResponseStream(body, labels),
  };
}
