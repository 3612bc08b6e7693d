import { setTimeout as sleep } from 'node:timers/promises';
import type { Received, Script } from './upstream.ts';

type Bytes = string | Uint8Array;

/** A whole JSON answer. */
export function answer(body: Bytes | object, status = 200, headers: Record<string, string> = {}): Script {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  };
}

/** A stream, so many bytes a write; each write leaves the machine by itself. */
export function stream(sse: Bytes, bytesPerWrite = Number.POSITIVE_INFINITY): Script {
  return async (response, request) => {
    await write(response, request, sse, bytesPerWrite);
    response.end();
  };
}

/** A stream whose second part comes when the first has been read. */
export function streamInTwo(first: Bytes, second: Bytes): Script {
  return async (response, request) => {
    await write(response, request, first);
    await sleep(50);
    response.end(second);
  };
}

/** A stream that breaks: the connection is reset behind these bytes. */
export function streamThenReset(sse: Bytes): Script {
  return async (response, request) => {
    await write(response, request, sse);
    // What was written must be on its way before the reset overtakes it.
    await sleep(50);
    response.socket?.resetAndDestroy();
  };
}

/** A stream that falls silent behind these bytes, and stays open. */
export function streamThenSilence(sse: Bytes): Script {
  return async (response, request) => {
    await write(response, request, sse);
  };
}

/** A stream that says the same thing until the reader leaves. */
export function endless(head: Bytes, again: Bytes, everyMs = 20): Script {
  return async (response, request) => {
    await write(response, request, head);
    while (!response.destroyed) {
      response.write(again);
      await sleep(everyMs);
    }
  };
}

/** Takes the request and never says a word. */
export const silence: Script = () => {};

/** Closes the connection without an answer. */
export const hangUp: Script = (response) => {
  response.socket?.resetAndDestroy();
};

/** Answers by the stream flag of the request. */
export function either(whole: Script, streamed: Script): Script {
  return (response, request) =>
    request.json.stream === true || /:streamGenerateContent|\/converse-stream$/.test(request.path)
      ? streamed(response, request)
      : whole(response, request);
}

/** One script after another; the last one stays. */
export function inTurn(...scripts: Script[]): Script {
  let at = 0;
  return (response, request) => {
    const script = scripts[Math.min(at++, scripts.length - 1)];
    return script?.(response, request);
  };
}

async function write(
  response: Parameters<Script>[0],
  request: Received,
  sse: Bytes,
  bytesPerWrite = Number.POSITIVE_INFINITY,
): Promise<void> {
  const type = request.path.endsWith('/converse-stream')
    ? 'application/vnd.amazon.eventstream'
    : 'text/event-stream; charset=utf-8';
  response.writeHead(200, { 'content-type': type });
  response.socket?.setNoDelay(true);
  response.flushHeaders();
  const bytes = typeof sse === 'string' ? Buffer.from(sse) : sse;
  for (let at = 0; at < bytes.length; at += bytesPerWrite) {
    response.write(bytes.subarray(at, at + bytesPerWrite));
    if (at + bytesPerWrite < bytes.length) await new Promise((resolve) => setImmediate(resolve));
  }
}
