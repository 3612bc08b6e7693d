import { configOf } from '../../env.ts';
import { GatewayError, toGatewayError } from '../../errors.ts';
import { inlineFilesOf, mayNameFiles } from '../../gateway/files/inline.ts';
import { RESPONSES_PLACES } from '../../gateway/files/places.ts';
import { inResponsesFormat, itemsOf, unbegunResponse } from '../../gateway/formats/responses-format.ts';
import type { Asked } from '../../gateway/formats/surfaces.ts';
import { completeChat } from '../../gateway/pipeline.ts';
import { parseBody } from '../../json-body.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { RunProps } from '../../objects/runs/types.ts';
import { ResponseArchive } from '../../responses/archive.ts';
import { failRun, runOf } from '../../responses/background.ts';
import { type Conversation, withConversation } from '../../responses/conversation.ts';
import type { HttpContext } from '../context.ts';
import { startInBackground } from './background-responses.ts';
import { askedCall } from './complete.ts';
import { namedFiles } from './named-files.ts';
import { callerOf, runCall } from './run-call.ts';

/** A request on its way to its call. */
interface Reading {
  c: HttpContext;
  /** The body as it came, and its bytes. */
  sent: JsonObject;
  bytes: Uint8Array;
  /** The same with the conversation that it goes on from. */
  told: Conversation;
}

/** POST /v1/responses: a chat completion in the format of the Responses API. */
export async function createResponse(c: HttpContext): Promise<Response> {
  joinRun(c);
  let reading: Reading | null = null;
  const read = (bytes: Uint8Array): Asked | Promise<Asked> => {
    const sent = parseBody(bytes);
    const conversation = withConversation(c.env, callerOf(c), sent);
    const go = (told: Conversation, mayName: boolean): Asked | Promise<Asked> => {
      reading = { c, sent, bytes, told };
      return mayName ? withFiles(reading) : askedIn(reading, told.body);
    };
    return conversation instanceof Promise
      ? conversation.then((late) => go(late, true))
      : go(conversation, mayNameFiles(bytes));
  };
  const answering = runCall(
    c,
    (bytes, readHeader) => {
      const asked = read(bytes);
      return asked instanceof Promise
        ? asked.then((late) => askedCall(late, readHeader))
        : askedCall(asked, readHeader);
    },
    (call) =>
      reading?.sent.background === true && !isRun(c)
        ? startInBackground(c, call, reading.sent, reading.told.body)
        : completeChat(call),
  );
  return isRun(c) ? await orKept(c, answering) : await answering;
}

/** Whether this is the run of a response in the background: its client is the object that began it. */
function isRun(c: HttpContext): boolean {
  return (c.executionCtx.props as Partial<RunProps>).generation !== undefined;
}

/** Lets the object of a run hear how it ends. */
function joinRun(c: HttpContext): void {
  const { run, generation } = c.executionCtx.props as Partial<RunProps>;
  if (run === undefined || generation === undefined) return;
  const client = runOf(c.env, callerOf(c), generation.id);
  c.set('keeper', {
    mayBill: (ending) => client.mayBill(run, ending),
    ended: () => client.ended(run),
  });
}

/** Clients know of the response of a run: also what keeps it from beginning is kept. */
async function orKept(c: HttpContext, answering: Promise<Response>): Promise<Response> {
  const { generation } = c.executionCtx.props as Partial<RunProps>;
  try {
    return await answering;
  } catch (thrown) {
    const failing = failRun(c.env, callerOf(c), generation?.id ?? '', (response) =>
      unbegunResponse(response, toGatewayError(thrown), c.get('requestId')),
    );
    c.executionCtx.waitUntil(failing);
    await failing;
    throw thrown;
  }
}

/** @throws GatewayError as the format, and for files that are named. */
function withFiles(reading: Reading): Asked | Promise<Asked> {
  const { c, bytes, told } = reading;
  const paramOf = (index: number, path: string): string =>
    index < told.earlier ? 'previous_response_id' : `input[${index - told.earlier}]${path}`;
  const whole = inlineFilesOf(told.body, bytes.byteLength, RESPONSES_PLACES, namedFiles(c), paramOf);
  return whole instanceof Promise ? whole.then((late) => askedIn(reading, late)) : askedIn(reading, whole);
}

/**
 * @param whole what is asked, with the files themselves; what is kept names them.
 * @throws GatewayError as the format; `invalid_type`.
 */
function askedIn({ c, sent, bytes, told: { body, earlier } }: Reading, whole: JsonObject): Asked {
  for (const param of ['store', 'background']) {
    if (body[param] != null && typeof body[param] !== 'boolean') {
      throw new GatewayError('invalid_type', { param, message: `${param} must be a boolean.` });
    }
  }
  const asked = inResponsesFormat(whole, whole === sent ? bytes : null, earlier);
  const { surface } = asked;
  const { store } = body;
  if (store === false || !surface) return asked;
  if (!configOf(c.env).keepsResponses) {
    return store ? { ...asked, surface: { ...surface, dropped: [...surface.dropped, 'store'] } } : asked;
  }
  const archiveFor = (generationId: string) =>
    new ResponseArchive({
      env: c.env,
      scope: callerOf(c),
      input: () => itemsOf(body.input, generationId),
      asked: store === true,
      background: isRun(c),
      waitUntil: (promise) => c.executionCtx.waitUntil(promise),
    });
  return { ...asked, archiveFor };
}
