import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { EVENTS } from '../answers.ts';
import { microseconds } from '../clock.ts';

/** The ways in which the first provider fails. */
export const FAILURES = ['refuses', 'resets', 'breaks'] as const;
export type Failure = (typeof FAILURES)[number];

/** Behind so many events a stream breaks; a whole one has as many again. */
export const EVENTS_BEFORE = 5;

/** What was written must be on its way before the connection is reset, milliseconds. */
const UNDER_WAY_MS = 20;

/**
 * Two providers on loopback, by path: `/<failure>` fails in its way, `/good` streams at once. They take down when
 * the last failure happened, and when a request came.
 */
export interface Upstream {
  origin: string;
  /** Microseconds: when the first provider last failed, and when the second was last asked. */
  failedAt: number;
  askedAt: number;
  /** Requests, by path. */
  calls: Map<string, number>;
  stop(): void;
}

export async function startUpstream(): Promise<Upstream> {
  const server = createServer(async (request, response) => {
    const receivedAt = microseconds();
    response.on('error', () => {});
    const [, lane = ''] = (request.url ?? '').split('/');
    upstream.calls.set(lane, (upstream.calls.get(lane) ?? 0) + 1);
    await drain(request);
    if (lane !== 'good') return fail(lane as Failure, response);
    upstream.askedAt = receivedAt;
    begin(response);
    response.end(EVENTS.openai.tail);
  });

  async function fail(failure: Failure, response: ServerResponse): Promise<void> {
    if (failure === 'breaks') {
      begin(response);
      await sleep(UNDER_WAY_MS);
    }
    upstream.failedAt = microseconds();
    if (failure === 'refuses') response.writeHead(503, { 'content-type': 'application/json' }).end('{}');
    else response.socket?.resetAndDestroy();
  }

  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const upstream: Upstream = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    failedAt: 0,
    askedAt: 0,
    calls: new Map(),
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return upstream;
}

/** The first events of a stream. */
function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.socket?.setNoDelay(true);
  for (let at = 0; at < EVENTS_BEFORE; at++) response.write(EVENTS.openai.event(at, microseconds()));
}

async function drain(request: IncomingMessage): Promise<void> {
  request.resume();
  if (!request.readableEnded) await once(request, 'end');
}
