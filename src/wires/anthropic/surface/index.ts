import type { JsonObject } from '../../../lib/json.ts';
import type { Surface, SurfaceRequest } from '../../surfaces.ts';
import type { ChatBody } from '../../types.ts';
import { Dropped } from '../dropped.ts';
import { wholeMessage } from './answer.ts';
import { messagesError } from './error.ts';
import { readFields, stopSequences } from './fields.ts';
import { readMessages, readSystem } from './messages.ts';
import { sketchMessages } from './sketch.ts';
import { MessageStream } from './stream.ts';
import { readTools } from './tools.ts';

/** Anthropic's Messages API, for its clients (https://platform.claude.com/docs/en/api/messages/create). */
export const messages: Surface = {
  id: 'messages',
  read(body) {
    const { chat, dropped } = readRequest(body, false);
    return requestOf(chat, dropped, stopSequences(body.stop_sequences));
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
  read: (body) => requestOf(readRequest(body, true).chat, [], []),
  sketch: (body) => sketched(body, true),
  error: messagesError,
};

function sketched(body: JsonObject, counting: boolean): SurfaceRequest | null {
  const chat = sketchMessages(body, counting);
  return chat && requestOf(chat, [], []);
}

/** @param sequences at which the answer ends. */
function requestOf(chat: ChatBody, dropped: readonly string[], sequences: readonly string[]): SurfaceRequest {
  return {
    chat,
    dropped,
    whole: (completion, labels) => wholeMessage(completion, labels, sequences),
    stream: (labels) => new MessageStream(labels, sequences),
  };
}

function readRequest(body: JsonObject, counting: boolean): { chat: ChatBody; dropped: string[] } {
  const dropped = new Dropped();
  const fields = readFields(body, counting, dropped);
  const chat = {
    ...fields,
    messages: [...readSystem(body.system, dropped), ...readMessages(body.messages, dropped)],
    ...readTools(body, dropped),
  };
  // Whether there is a model, and which, is for the gateway to check, as with its own requests.
  return { chat: chat as JsonObject as ChatBody, dropped: dropped.list() };
}
