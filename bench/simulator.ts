import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ANSWERS, EVENTS } from './answers.ts';

/**
 * The upstream: a process of its own that answers as OpenAI or Anthropic would, by the path. What to
 * answer stands in the prompt (`events=250 every=10`, see load.ts); without events it is a whole answer.
 * Every event is one write, and carries the time it was written. Prints its port.
 */
const server = createServer(async (request, response) => {
  const body = await bodyOf(request);
  const shape = request.url?.endsWith('/messages') ? 'anthropic' : 'openai';
  const order = /events=(\d+) every=(\d+)/.exec(body.toString('latin1', 0, 4096));
  const count = Number(order?.[1] ?? 0);
  if (count === 0) {
    const answer = ANSWERS[shape];
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
    response.end(answer);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.socket?.setNoDelay(true);
  const everyMs = Number(order?.[2]);
  const { head, event, tail } = EVENTS[shape];
  if (head !== '') response.write(head);
  if (everyMs > 0) steadily(response, event, tail, count, everyMs);
  else flatOut(response, event, tail, count);
});

/** One event each `everyMs`; a late timer is made up for by the events it missed. */
function steadily(
  response: ServerResponse,
  event: (at: number) => string,
  tail: string,
  count: number,
  everyMs: number,
): void {
  const startedAt = performance.now();
  let written = 0;
  function step(): void {
    if (response.destroyed) return;
    while (written < count && performance.now() - startedAt >= written * everyMs - 0.2) {
      response.write(event(microseconds()));
      written++;
    }
    if (written === count) response.end(tail);
    else setTimeout(step, Math.max(1, startedAt + written * everyMs - performance.now()));
  }
  step();
}

/** As fast as the reader takes them; streams take turns after a few events. */
function flatOut(response: ServerResponse, event: (at: number) => string, tail: string, count: number): void {
  let written = 0;
  function step(): void {
    while (written < count) {
      written++;
      if (!response.write(event(microseconds()))) return void response.once('drain', step);
      if (written % 8 === 0) return void setImmediate(step);
    }
    response.end(tail);
  }
  step();
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** The monotonic clock that all processes of the machine share. */
function microseconds(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit());
