import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ANSWERS, EVENTS } from './answers.ts';
import { microseconds } from './clock.ts';

/**
 * The upstream: a process of its own that answers as OpenAI or Anthropic would, by the path. What to
 * answer stands in the prompt (`events=250 every=10 image=0`, see order.ts); without events it is a whole
 * answer. A request that did not arrive whole is answered 400. Every event is one write, and carries its
 * number and the time it was written. Prints its port.
 */
const server = createServer(async (request, response) => {
  const body = await bodyOf(request);
  const shape = request.url?.endsWith('/messages') ? 'anthropic' : 'openai';
  const order = /events=(\d+) every=(\d+) image=(\d+)/.exec(body.toString('latin1', 0, 4096));
  if (!order || !isWhole(body, Number(order[3]))) {
    response.writeHead(400).end('The request did not arrive as it was sent.');
    return;
  }
  const count = Number(order[1]);
  if (count === 0) {
    const answer = ANSWERS[shape];
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
    response.end(answer);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.socket?.setNoDelay(true);
  const everyMs = Number(order[2]);
  const { head, event, tail } = EVENTS[shape];
  if (head !== '') response.write(head);
  if (everyMs > 0) steadily(response, event, tail, count, everyMs);
  else flatOut(response, event, tail, count);
});

type Event = (number: number, at: number) => string;

/** One event each `everyMs`; a late timer is made up for by the events it missed. */
function steadily(
  response: ServerResponse,
  event: Event,
  tail: string,
  count: number,
  everyMs: number,
): void {
  const startedAt = performance.now();
  let written = 0;
  function step(): void {
    if (response.destroyed) return;
    while (written < count && performance.now() - startedAt >= written * everyMs - 0.2) {
      response.write(event(written, microseconds()));
      written++;
    }
    if (written === count) response.end(tail);
    else setTimeout(step, Math.max(1, startedAt + written * everyMs - performance.now()));
  }
  step();
}

/** As fast as the reader takes them; streams take turns after a few events. */
function flatOut(response: ServerResponse, event: Event, tail: string, count: number): void {
  let written = 0;
  function step(): void {
    while (written < count) {
      const more = response.write(event(written, microseconds()));
      written++;
      if (!more) return void response.once('drain', step);
      if (written % 8 === 0) return void setImmediate(step);
    }
    response.end(tail);
  }
  step();
}

const IMAGE_START = 'base64,';

/** Whether the body names the upstream's model and holds an image of this many characters. */
function isWhole(body: Buffer, image: number): boolean {
  if (image === 0) return (JSON.parse(body.toString()) as { model?: unknown }).model === 'simulated';
  const start = body.indexOf(IMAGE_START) + IMAGE_START.length;
  const end = body.indexOf('"', start);
  const rest = body.toString('latin1', 0, 256) + body.toString('latin1', end);
  return end - start === image && rest.includes('"model":"simulated"');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit());
