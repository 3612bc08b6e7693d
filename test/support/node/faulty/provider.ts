import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WireName } from '../fixtures.ts';
import { type Asked, readAsked } from './asked.ts';
import { type Behaviour, behaviourOf, drawn } from './behaviour.ts';
import { NO_PREFILL, type Refused, refused } from './refusals.ts';
import { restOf, toldFor } from './tale.ts';
import { TOKENS_PER_PIECE, WORDINGS, type Wording } from './wording.ts';

/** One request that a model of the simulator was sent. */
export interface SeenAttempt extends Asked {
  /** Milliseconds, of a clock that only goes forward. */
  at: number;
  body: Record<string, unknown>;
  /** How it ended: told to the end, refused, broken by the simulator, or left by who asked. */
  ended: Promise<'whole' | 'refused' | 'broken' | 'left'>;
}

/**
 * A provider that speaks every wire and breaks on purpose: which way stands in the name of the model
 * (`behaviour.ts`). It tells the tales that prompts ask for, and goes on with those that have begun.
 */
export interface FaultyProvider {
  /** The base URL of a wire. */
  url(wire: WireName): string;
  /** What a model was sent, oldest first. */
  seen(model: string): SeenAttempt[];
  /** What was wrong with what it was sent: to go on with a text that it never told. */
  complaints: string[];
  stop(): Promise<void>;
}

/** What was written must be on its way before a reset overtakes it, milliseconds. */
const UNDER_WAY_MS = 20;

export async function startFaultyProvider(): Promise<FaultyProvider> {
  const attempts = new Map<string, SeenAttempt[]>();
  const complaints: string[] = [];
  const server = createServer(async (request, response) => {
    request.on('error', () => {});
    response.on('error', () => {});
    const text = await bodyOf(request).catch(() => null);
    if (text === null) return;
    const [, wire = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(request.url ?? '') ?? [];
    const spoken = wire as WireName;
    const body = JSON.parse(text) as Record<string, unknown>;
    const asked = readAsked(spoken, path, body);
    const reply = new Reply(response, spoken, asked);
    const known = attempts.get(asked.model) ?? [];
    const before = known.length;
    attempts.set(asked.model, known);
    known.push({ ...asked, at: performance.now(), body, ended: reply.ended });
    try {
      const behaviour = behaviourOf(asked.model);
      const lot = `${asked.model.at(-1)} ${asked.prompt} ${asked.given.length}`;
      await reply.give(drawn(behaviour, lot, asked.stream), before);
    } catch (cause) {
      complaints.push(String(cause));
      response.writeHead(400).end('{}');
    }
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: (wire) => `http://127.0.0.1:${port}/${wire}`,
    seen: (model) => [...(attempts.get(model) ?? [])],
    complaints,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The answer to one request. */
class Reply {
  readonly ended: SeenAttempt['ended'];
  readonly #response: ServerResponse;
  readonly #wire: WireName;
  readonly #wording: Wording;
  readonly #asked: Asked;
  #ending: 'whole' | 'refused' | 'broken' | 'left' = 'left';

  constructor(response: ServerResponse, wire: WireName, asked: Asked) {
    this.#response = response;
    this.#wire = wire;
    this.#wording = WORDINGS[wire];
    this.#asked = asked;
    this.ended = new Promise((resolve) => response.on('close', () => resolve(this.#ending)));
  }

  /** @param before how often the model was asked before. */
  async give(behaviour: Behaviour, before: number): Promise<void> {
    if (behaviour.refusal && before < behaviour.refusals) {
      return this.#refuse(refused(this.#wire, behaviour.refusal));
    }
    if (this.#asked.how === 'prefill' && before >= behaviour.refusesPrefillFrom) {
      return this.#refuse(NO_PREFILL);
    }
    if (behaviour.connection === 'reset') return this.#reset();
    if (behaviour.connection === 'mute') return;
    const pieces = this.#pieces(behaviour);
    if (behaviour.slowMs > 0) await sleep(behaviour.slowMs);
    if (this.#response.destroyed) return;
    await (this.#asked.stream ? this.#stream(pieces, behaviour) : this.#whole(pieces, behaviour));
  }

  #pieces({ goesOn }: Behaviour): string[] {
    const { prompt, given, how } = this.#asked;
    const all = toldFor(prompt);
    if (how === 'instruct' && goesOn === 'anew') return all;
    const rest = restOf(all, given);
    return how === 'instruct' && goesOn === 'repeating' ? [given.slice(-30), ...rest] : rest;
  }

  async #stream(pieces: readonly string[], behaviour: Behaviour): Promise<void> {
    const { contentType, opening, finish, done } = this.#wording;
    this.#response.writeHead(200, { 'content-type': contentType });
    this.#response.socket?.setNoDelay(true);
    for (const event of opening) this.#response.write(event);
    const { breaksAfter, garbles } = behaviour;
    for (const [at, piece] of pieces.entries()) {
      if (breaksAfter?.pieces === at) return await this.#break(breaksAfter.how);
      const event = this.#wording.piece(piece, (at + 1) * TOKENS_PER_PIECE);
      this.#response.write(garbles === at ? half(event) : event);
      // Each event is a write of its own, as of a model that thinks about every word.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#response.destroyed) return;
    }
    for (const event of finish(pieces.length * TOKENS_PER_PIECE)) this.#response.write(event);
    this.#ending = 'whole';
    this.#response.end(behaviour.withoutDone ? '' : done);
  }

  async #break(how: NonNullable<Behaviour['breaksAfter']>['how']): Promise<void> {
    if (how === 'call') for (const event of this.#wording.call) this.#response.write(event);
    await sleep(UNDER_WAY_MS);
    if (how === 'silence') return;
    this.#ending = 'broken';
    if (how === 'error') this.#response.end(this.#wording.error);
    else if (how === 'end') this.#response.end();
    else this.#reset();
  }

  async #whole(pieces: readonly string[], { breaksAfter }: Behaviour): Promise<void> {
    const answer = this.#wording.whole(pieces.join(''), pieces.length * TOKENS_PER_PIECE);
    const text = JSON.stringify(answer);
    this.#response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    if (breaksAfter) {
      this.#response.write(text.slice(0, 40));
      await sleep(UNDER_WAY_MS);
      if (breaksAfter.how !== 'silence') this.#reset();
      return;
    }
    this.#ending = 'whole';
    this.#response.end(text);
  }

  #refuse({ status, headers, body }: Refused): void {
    this.#ending = 'refused';
    this.#response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body));
  }

  #reset(): void {
    this.#ending = 'broken';
    this.#response.socket?.resetAndDestroy();
  }
}

/** An event whose second half was lost. Of a binary event a byte is wrong, so that its checksum is. */
function half(event: Uint8Array | string): Uint8Array | string {
  if (typeof event === 'string') return `${event.slice(0, Math.floor(event.length * 0.7)).trimEnd()}\n\n`;
  const damaged = Buffer.from(event);
  damaged[damaged.length - 10] = (damaged[damaged.length - 10] ?? 0) ^ 1;
  return damaged;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}
