import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asObject, parseJson } from '../../../src/lib/json.ts';
import { converseFault } from './converse-rules.ts';

/** One request that the gateway sent upstream. */
export interface Received {
  method: string;
  /** Behind the lane, with its query: `/chat/completions`. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  bytes: Buffer;
  /** The body, parsed; empty for a form. */
  json: Record<string, unknown>;
  /** Settles when the connection of this request is gone or its answer is complete. */
  closed: Promise<void>;
}

/** How an upstream answers. May end, keep silent, or misbehave. */
export type Script = (response: ServerResponse, request: Received) => void | Promise<void>;

/**
 * Providers on loopback, one per lane: each behaves as its script says and remembers what it was sent. Requests to
 * Converse that Bedrock would refuse are refused before their script is asked.
 */
export interface Upstream {
  /** The base URL of a lane. */
  url(lane: string): string;
  /** What a lane does from now on; forgets what it was sent. */
  script(lane: string, script: Script): void;
  /** What a lane was sent since its script was set, oldest first. */
  received(lane: string): Received[];
  stop(): Promise<void>;
}

export async function startUpstream(): Promise<Upstream> {
  const scripts = new Map<string, Script>();
  const received = new Map<string, Received[]>();
  const server = createServer(async (request, response) => {
    const [, lane = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(request.url ?? '') ?? [];
    // A connection that breaks is what some tests are about.
    request.on('error', () => {});
    response.on('error', () => {});
    const closed = once(response, 'close').then(() => {});
    const bytes = await bodyOf(request).catch(() => null);
    if (bytes === null) return;
    const body = bytes.toString('utf8');
    const seen: Received = {
      method: request.method ?? '',
      path,
      headers: request.headers,
      body,
      bytes,
      json: jsonOf(body),
      closed,
    };
    received.set(lane, [...(received.get(lane) ?? []), seen]);
    const fault = /\/converse(-stream)?$/.test(path)
      ? converseFault(asObject(parseJson(body)) ?? {}, path)
      : null;
    if (fault !== null) {
      const headers = { 'content-type': 'application/json', 'x-amzn-errortype': 'ValidationException' };
      response.writeHead(400, headers).end(JSON.stringify({ message: fault }));
      return;
    }
    const script = scripts.get(lane);
    if (script) await script(response, seen);
    else response.writeHead(500).end(`No script for the lane ${lane}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: (lane) => `http://127.0.0.1:${port}/${lane}`,
    script(lane, script) {
      scripts.set(lane, script);
      received.set(lane, []);
    },
    received: (lane) => received.get(lane) ?? [],
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A form is no JSON. */
function jsonOf(body: string): Record<string, unknown> {
  return body === '' || body.startsWith('--') ? {} : (JSON.parse(body) as Record<string, unknown>);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
