import { configOf } from '../../env.ts';
import { GatewayError, toGatewayError } from '../../errors.ts';
import { keepFailure } from '../../gateway/archive.ts';
import type { ReadHeader } from '../../gateway/control.ts';
import { completeChat } from '../../gateway/pipeline.ts';
import { inResponsesFormat, itemsOf } from '../../gateway/responses-format.ts';
import { type Asked, parseBody } from '../../gateway/surfaces.ts';
import type { ChatCall } from '../../gateway/types.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { RunProps } from '../../objects/runs/types.ts';
import { ResponseArchive } from '../../responses/archive.ts';
import { runOf } from '../../responses/background.ts';
import { type Conversation, withConversation } from '../../responses/conversation.ts';
import type { ResponseScope } from '../../responses/types.ts';
import type { HttpContext } from '../context.ts';
import { startInBackground } from './background-responses.ts';
import { askedCall } from './complete.ts';
import { callerOf, runCall } from './run-call.ts';

/** POST /v1/responses: a chat completion in the format of the Responses API. */
export async function createResponse(c: HttpContext): Promise<Response> {
  const { run, generation } = c.executionCtx.props as Partial<RunProps>;
  // Of a request in the background this is the run: its client is the object that began it.
  const token = generation ? run : undefined;
  const scope = callerOf(c);
  if (token !== undefined && generation) {
    const client = runOf(c.env, scope, generation.id);
    c.set('keeper', { ended: () => client.ended(token), gaveUp: () => client.gaveUp(token) });
  }
  let sent: JsonObject = {};
  let told: Conversation = { body: sent, earlier: 0 };
  const read = (conversation: Conversation, bytes: Uint8Array, readHeader: ReadHeader) => {
    told = conversation;
    const asReceived = conversation.body === sent ? bytes : null;
    return askedCall(askedIn(c, scope, conversation, asReceived, token !== undefined), readHeader);
  };
  return await runCall(
    c,
    (bytes, readHeader) => {
      sent = parseBody(bytes);
      const conversation = withConversation(c.env, scope, sent);
      return conversation instanceof Promise
        ? conversation.then((late) => read(late, bytes, readHeader))
        : read(conversation, bytes, readHeader);
    },
    (call) => {
      if (token !== undefined) return completeOrKeep(call);
      return sent.background === true ? startInBackground(c, call, sent, told.body) : completeChat(call);
    },
  );
}

/** Clients know of the response: also what comes of it before there is an answer is kept. */
async function completeOrKeep(call: ChatCall): Promise<Response> {
  try {
    return await completeChat(call);
  } catch (thrown) {
    await keepFailure(call, toGatewayError(thrown));
    throw thrown;
  }
}

/** @throws GatewayError as the format; `invalid_type`. */
function askedIn(
  c: HttpContext,
  scope: ResponseScope,
  { body, earlier }: Conversation,
  bytes: Uint8Array | null,
  isRun: boolean,
): Asked {
  for (const param of ['store', 'background']) {
    if (body[param] != null && typeof body[param] !== 'boolean') {
      throw new GatewayError('invalid_type', { param, message: `${param} must be a boolean.` });
    }
  }
  const asked = inResponsesFormat(body, bytes, earlier);
  const { surface } = asked;
  const { store } = body;
  if (store === false || !surface) return asked;
  if (!configOf(c.env).keepsResponses) {
    return store ? { ...asked, surface: { ...surface, dropped: [...surface.dropped, 'store'] } } : asked;
  }
  const archiveFor = (generationId: string) =>
    new ResponseArchive({
      env: c.env,
      scope,
      input: () => itemsOf(body.input, generationId),
      asked: store === true,
      background: isRun,
      waitUntil: (promise) => c.executionCtx.waitUntil(promise),
    });
  return { ...asked, archiveFor };
}
