import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { EVENT_MARK, TEXT } from './answers.ts';
import { microseconds } from './clock.ts';
import type { Order } from './order.ts';

/** Who is asked: the simulator itself, the bare Worker, or the gateway. */
export interface Target {
  name: 'direct' | 'bare' | 'gateway';
  origin: string;
  /** The process whose CPU and memory count; null where that cannot be told. */
  pid: number | null;
  /** The gateway's key. */
  key: string | null;
  /** What the gateway must have charged for the answers read from it, nano-USD. */
  owed: number;
}

/** One answer as the client saw it. */
export interface Reading {
  /** From sending the request to the first bytes of the body, microseconds. */
  firstByteUs: number;
  /** Of each event, from its write at the upstream to its arrival here, microseconds. */
  delaysUs: number[];
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/** Sends one request and reads and checks its answer. @throws Error when it is not the right answer. */
export async function read(target: Target, request: Order): Promise<Reading> {
  const sentAt = microseconds();
  const response = await send(target, request);
  const reading: Reading = { firstByteUs: 0, delaysUs: [] };
  /** The end of the last piece, where a mark may have been cut; of whole answers, everything. */
  let rest = '';
  response.on('data', (piece: Buffer) => {
    const now = microseconds();
    if (reading.firstByteUs === 0) reading.firstByteUs = now - sentAt;
    rest += piece.toString('latin1');
    try {
      if (request.events > 0) rest = rest.slice(takeEvents(target, rest, now, reading.delaysUs));
    } catch (error) {
      response.destroy(error as Error);
    }
  });
  await ended(response);
  if (response.statusCode !== 200) {
    throw new Error(`The ${target.name} target answered ${response.statusCode}: ${rest.slice(0, 500)}`);
  }
  check(target, request, rest, reading.delaysUs.length);
  target.owed += request.charge;
  return reading;
}

/** Notes the delays of the events in a text. @returns how much of the text is done with. */
function takeEvents(target: Target, text: string, now: number, delays: number[]): number {
  let taken = 0;
  for (let at = text.indexOf(EVENT_MARK); at >= 0; at = text.indexOf(EVENT_MARK, taken)) {
    const end = text.indexOf('"', at);
    if (end < 0) return at;
    const [number, writtenAt] = text.slice(at + EVENT_MARK.length, end).split(' ', 2);
    if (Number(number) !== delays.length) {
      throw new Error(`The ${target.name} target sent event ${number} in place of ${delays.length}.`);
    }
    delays.push(now - Number(writtenAt));
    taken = end;
  }
  return taken;
}

/** What is timed must be right: complete, in the right format, and from the gateway with its cost. */
function check(target: Target, request: Order, text: string, events: number): void {
  const problem =
    request.events > 0 ? streamProblem(target, request, text, events) : wholeProblem(target, text);
  if (problem) throw new Error(`The ${target.name} target's answer ${problem}:\n${text.slice(-1500)}`);
}

function streamProblem(target: Target, request: Order, tail: string, events: number): string | null {
  if (events !== request.events) return `has ${events} of ${request.events} events`;
  if (target.name !== 'gateway') {
    return /data: \[DONE\]\n\n$|"message_stop"}\n\n$/.test(tail) ? null : 'does not end as its format does';
  }
  if (!tail.endsWith('data: [DONE]\n\n')) return 'does not end with [DONE]';
  if (!tail.includes('"finish_reason":"stop"')) return 'has no finish reason';
  const credits = Number(/"credits_used":([\d.e-]+)/.exec(tail)?.[1]);
  return Math.round(credits * 1e9) === request.charge ? null : `costs ${credits} USD`;
}

function wholeProblem(target: Target, text: string): string | null {
  if (!text.includes(TEXT)) return 'lacks the text';
  return target.name !== 'gateway' || text.includes('"id":"gen_') ? null : "lacks the gateway's id";
}

/** Keeps this many connections busy for a time. @returns requests answered and the microseconds it took. */
export async function keepBusy(
  target: Target,
  request: Order,
  connections: number,
  forMs: number,
): Promise<{ answered: number; tookUs: number }> {
  const startedAt = microseconds();
  const until = startedAt + forMs * 1000;
  let answered = 0;
  async function connection(): Promise<void> {
    while (microseconds() < until) {
      await read(target, request);
      answered++;
    }
  }
  await Promise.all(Array.from({ length: connections }, connection));
  return { answered, tookUs: microseconds() - startedAt };
}

function send(target: Target, { path, body }: Order): Promise<IncomingMessage> {
  const { hostname, port } = new URL(target.origin);
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      hostname,
      port,
      path,
      agent,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        ...(target.key ? { authorization: `Bearer ${target.key}` } : {}),
      },
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(body);
  });
}

function ended(response: IncomingMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    response.on('end', resolve);
    response.on('error', reject);
  });
}
