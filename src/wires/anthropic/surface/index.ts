import type { JsonObject } from '../../../lib/json.ts';
import { Origins, paramName } from '../../param-names.ts';
import type { Surface, SurfaceRequest } from '../../surfaces.ts';
import type { ChatBody } from '../../types.ts';
import { Dropped } from '../dropped.ts';
import { wholeMessage } from './answer.ts';
import { messagesError } from './error.ts';
import { readFields, stopSequences } from './fields.ts';
import { readMessages, readSystem } from './messages.ts';
import { NAMES } from './names.ts';
import { sketchMessages } from './sketch.ts';
import { MessageStream } from './stream.ts';
import { readTools } from './tools.ts';

/** Anthropic's Messages API, for its clients (https://platform.claude.com/docs/en/api/messages/create). */
export const messages: Surface = {
  id: 'messages',
  read(body) {
    const { dropped, ...read } = readRequest(body, false);
    return requestOf(read, dropped, stopSequences(body.stop_sequences));
  },
  sketch: (body) => sketched(body, false),
  error: messagesError,
};

/**
 * Requests to count tokens (https://platform.claude.com/docs/en/api/messages/count_tokens): the same members, but for
 * those of the answer, which is never written.
 */
export const countedMessages: Surface = {
  id: 'messages',
  read: (body) => requestOf(readRequest(body, true), [], []),
  sketch: (body) => sketched(body, true),
  error: messagesError,
};

function sketched(body: JsonObject, counting: boolean): SurfaceRequest | null {
  const chat = sketchMessages(body, counting);
  return chat && requestOf({ chat, origins: new Origins() }, [], []);
}

/** What a request is read into. */
interface Read {
  chat: ChatBody;
  origins: Origins;
}

/** @param sequences at which the answer ends. */
function requestOf(
  { chat, origins }: Read,
  dropped: readonly string[],
  sequences: readonly string[],
): SurfaceRequest {
  return {
    chat,
    dropped,
    paramOf: (param) => paramName(param, chat, origins, NAMES),
    whole: (completion, labels) => wholeMessage(completion, labels, sequences),
    stream: (labels) => new MessageStream(labels, sequences),
  };
}

function readRequest(body: JsonObject, counting: boolean): Read & { dropped: string[] } {
  const origins = new Origins();
  const dropped = new Dropped();
  const fields = readFields(body, counting, dropped);
  const chat = {
    ...fields,
    messages: [
      ...readSystem(body.system, dropped, origins),
      ...readMessages(body.messages, dropped, origins),
    ],
    ...readTools(body, dropped, origins),
  };
  // Whether there is a model, and which, is for the gateway to check, as with its own requests.
  return { chat: chat as JsonObject as ChatBody, origins, dropped: dropped.list() };
}
