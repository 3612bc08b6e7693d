import type { JsonObject } from '../../../lib/json.ts';
import type { Surface, SurfaceRequest } from '../../surfaces.ts';
import type { ChatBody } from '../../types.ts';
import { ResponseStream, wholeResponse } from './answer.ts';
import type { Dropped } from './dropped.ts';
import { readFields } from './fields.ts';
import { type KnownItems, readInput } from './input.ts';
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

const NOTHING_KNOWN: KnownItems = { previous: null, items: new Map() };

/**
 * Reads a request whose references to earlier responses are resolved already.
 * @throws GatewayError as `Surface.read`; `unsupported_parameter` for references that are not resolved.
 */
export function readResponseRequest(body: JsonObject, known: KnownItems = NOTHING_KNOWN): SurfaceRequest {
  if (body.previous_response_id != null && known.previous === null) {
    throw unsupported(
      'previous_response_id',
      'Responses are not stored here: send the earlier items in `input`, their `encrypted_content` included.',
    );
  }
  const dropped: Dropped = new Set();
  const { model, ...fields } = readFields(body, dropped);
  const messages = readInput(body, known, dropped);
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
