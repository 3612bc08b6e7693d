import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { type Shape, TIME_MARK } from './answers.ts';
import { MODELS } from './provision.ts';

/** Who is asked: the simulator itself, the bare Worker, or the gateway. */
export interface Target {
  name: 'direct' | 'bare' | 'gateway';
  origin: string;
  /** The process whose CPU and memory count. */
  pid: number;
  /** The gateway's key. */
  key: string | null;
}

/** One stream as the client saw it. */
export interface StreamResult {
  events: number;
  /** From sending the request to the first bytes of the body, microseconds. */
  firstByteUs: number;
  /** Of each event, from its write at the upstream to its arrival here, microseconds. */
  delaysUs: number[];
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/** A request in the format of who is asked: Chat Completions at the gateway, else the upstream's own. */
export interface Order {
  path: string;
  body: Buffer;
}

/** `everyMs` 0 is flat out; no events is a whole answer. `padding` makes a request body of that many bytes. */
export function order(target: Target, shape: Shape, events: number, everyMs: number, padding = 1000): Order {
  const text = `events=${events} every=${everyMs}`;
  const content =
    padding > 100_000
      ? [
          { type: 'text', text },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(padding)}` } },
        ]
      : `${text} ${'Say it with many words. '.repeat(Math.ceil(padding / 24))}`;
  const body = {
    model: target.name === 'gateway' ? MODELS[shape] : 'simulated',
    messages: [{ role: 'user', content }],
    max_tokens: 4096,
    ...(events > 0 ? { stream: true } : {}),
  };
  const upstreamPath = shape === 'openai' ? '/openai/v1/chat/completions' : '/anthropic/v1/messages';
  return {
    path: target.name === 'gateway' ? '/v1/chat/completions' : upstreamPath,
    body: Buffer.from(JSON.stringify(body)),
  };
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

/** Reads one stream to its end. @throws Error when it is not answered with a stream. */
export async function readStream(target: Target, request: Order): Promise<StreamResult> {
  const sentAt = microseconds();
  const response = await send(target, request);
  const result: StreamResult = { events: 0, firstByteUs: 0, delaysUs: [] };
  /** The end of the last piece, where a mark may have been cut. */
  let rest = '';
  response.on('data', (piece: Buffer) => {
    const now = microseconds();
    if (result.firstByteUs === 0) result.firstByteUs = now - sentAt;
    const text = rest + piece.toString('latin1');
    rest = '';
    for (let at = text.indexOf(TIME_MARK); at >= 0; at = text.indexOf(TIME_MARK, at + 1)) {
      const end = text.indexOf('"', at);
      if (end < 0) {
        rest = text.slice(at);
        break;
      }
      result.events++;
      result.delaysUs.push(now - Number(text.slice(at + TIME_MARK.length, end)));
    }
    if (rest === '') rest = text.slice(-(TIME_MARK.length - 1));
  });
  await ended(response);
  if (response.statusCode !== 200) {
    throw new Error(`The ${target.name} target answered a stream with ${response.statusCode}.`);
  }
  return result;
}

/** Sends one request and reads its whole answer. @throws Error when it is not 200. */
export async function readWhole(target: Target, request: Order): Promise<string> {
  const response = await send(target, request);
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString();
  if (response.statusCode !== 200) {
    throw new Error(`The ${target.name} target answered ${response.statusCode}: ${text.slice(0, 500)}`);
  }
  return text;
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
      await discard(target, request);
      answered++;
    }
  }
  await Promise.all(Array.from({ length: connections }, connection));
  return { answered, tookUs: microseconds() - startedAt };
}

/** As readWhole, without keeping the answer: the generator must cost less than what it measures. */
async function discard(target: Target, request: Order): Promise<void> {
  const response = await send(target, request);
  response.resume();
  await ended(response);
  if (response.statusCode !== 200) {
    throw new Error(`The ${target.name} target answered ${response.statusCode}.`);
  }
}

function ended(response: IncomingMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    response.on('end', resolve);
    response.on('error', reject);
  });
}

/** The monotonic clock that all processes of the machine share. */
function microseconds(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
