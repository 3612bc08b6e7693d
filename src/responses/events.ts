import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { asNumber, asObject, type JsonObject, parseJson } from '../lib/json.ts';
import { currentResponse, runOf } from './background.ts';
import type { ResponseScope } from './types.ts';

/** The statuses whose event ends a stream. */
const ENDINGS: readonly unknown[] = ['completed', 'incomplete', 'failed'];

/**
 * The events of a response of the background, from its start and then live. A day after its end the events
 * themselves are gone: then what is left is the first and the last.
 * @param after the `sequence_number` behind which to begin.
 * @throws GatewayError `response_not_found`, `invalid_value`, `storage_unavailable`.
 */
export async function eventsOf(
  env: Env,
  scope: ResponseScope,
  id: string,
  after: number | null,
): Promise<ReadableStream<Uint8Array>> {
  const { row } = await currentResponse(env, scope, id);
  if (!row.background) {
    const message = 'Only responses of the background can be streamed again: read this one without `stream`.';
    throw new GatewayError('invalid_value', { param: 'stream', message });
  }
  const live = await liveEvents(env, scope, id);
  if (live) return after === null ? live : live.pipeThrough(eventsAfter(after));
  const { response } = await currentResponse(env, scope, id);
  return streamOf(summary(response, after));
}

async function liveEvents(
  env: Env,
  scope: ResponseScope,
  id: string,
): Promise<ReadableStream<Uint8Array> | null> {
  let answer: Response | null;
  try {
    answer = await runOf(env, scope, id).answer();
  } catch (cause) {
    throw new GatewayError('storage_unavailable', { cause });
  }
  if (!answer?.body) return null;
  if (answer.ok) return answer.body;
  await answer.body.cancel();
  return null;
}

function summary(response: JsonObject, after: number | null): string {
  const { usage: _, ...begun } = response;
  const first = { ...begun, status: 'in_progress', output: [], error: null, incomplete_details: null };
  const created = after === null ? event('response.created', first, 0) : '';
  if (!ENDINGS.includes(response.status)) return created;
  return created + event(`response.${response.status}`, response, after === null ? 1 : after + 1);
}

function event(type: string, response: JsonObject, sequence: number): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, response, sequence_number: sequence })}\n\n`;
}

function streamOf(text: string): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  if (text !== '') writer.write(new TextEncoder().encode(text)).catch(() => {});
  writer.close().catch(() => {});
  return readable;
}

/** Leaves out the events of a stream up to the one of this number. */
export function eventsAfter(after: number): TransformStream<Uint8Array, Uint8Array> {
  let pending = new Uint8Array(0);
  let passed = false;
  return new TransformStream({
    transform(bytes, controller) {
      if (passed) return controller.enqueue(bytes);
      pending = joined(pending, bytes);
      for (let end = endOfEvent(pending); end > 0; end = endOfEvent(pending)) {
        if ((numberOf(pending.subarray(0, end)) ?? -1) > after) {
          passed = true;
          return controller.enqueue(pending);
        }
        pending = pending.subarray(end);
      }
    },
  });
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(first.byteLength + second.byteLength);
  bytes.set(first);
  bytes.set(second, first.byteLength);
  return bytes;
}

const LINE_FEED = 0x0a;

/** Where the event that comes first ends, with its empty line; 0 where it is not complete. */
function endOfEvent(bytes: Uint8Array): number {
  let at = bytes.indexOf(LINE_FEED);
  while (at >= 0 && bytes[at + 1] !== LINE_FEED) at = bytes.indexOf(LINE_FEED, at + 1);
  return at < 0 ? 0 : at + 2;
}

/** The number of an event; undefined for a comment. */
function numberOf(event: Uint8Array): number | undefined {
  const text = new TextDecoder().decode(event);
  const start = text.indexOf('data: ');
  return start < 0 ? undefined : asNumber(asObject(parseJson(text.slice(start + 6)))?.sequence_number);
}
