import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { call, newKey, newWorkspace, OPERATOR, send } from '../support/gateway.ts';

let key = '';
let model = '';
let models = 0;

beforeAll(async () => {
  key = (await newKey((await newWorkspace()).id)).key;
  const base = { wire: 'openai', secret: 'sk-0123456789abcdef' };
  for (const provider of ['first', 'second']) {
    const body = { ...base, base_url: `https://${provider}.example/v1` };
    expect((await call('PUT', `/api/providers/${provider}`, { key: OPERATOR, body })).status).toBe(200);
  }
});

// Each has a model of its own, since endpoints that fail are not asked first again.
beforeEach(async () => {
  model = `endings/${models++}`;
  const price = { input: 10, output: 10 };
  const endpoints = ['first', 'second'].map((provider) => ({ provider, upstream_model: 'up', price }));
  const body = { kind: 'chat', context_length: 100_000, endpoints };
  const path = `/api/models/${encodeURIComponent(model)}`;
  expect((await call('PUT', path, { key: OPERATOR, body })).status).toBe(200);
});
afterEach(() => vi.unstubAllGlobals());

type Script = (signal: AbortSignal) => Response | Promise<Response>;

/** Providers behind `fetch`: how each answers all that it is asked. Answers the hosts that were asked. */
function upstreams(scripts: { first: Script; second?: Script }): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string, { signal }: { signal: AbortSignal }) => {
    const host = new URL(url).hostname.replace('.example', '') as keyof typeof scripts;
    asked.push(host);
    const script = scripts[host] ?? (() => Response.json({ error: {} }, { status: 400 }));
    return script(signal);
  });
  return asked;
}

function event(choice: object): string {
  const choices = [{ index: 0, delta: {}, finish_reason: null, ...choice }];
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'up', choices })}\n\n`;
}
const says = (content: string): string => event({ delta: { role: 'assistant', content } });
const STOP = event({ finish_reason: 'stop' });
const FAULT = 'data: {"error":{"message":"Out of order.","type":"server_error","code":500}}\n\n';

/** A stream of these reads; what comes behind the last is up to `ending`. */
function stream(reads: readonly string[], ending: 'end' | 'silence' = 'end'): Script {
  return (signal) => {
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        signal.addEventListener('abort', () => controller.error(new DOMException('Aborted', 'AbortError')));
        for (const read of reads) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          controller.enqueue(encoder.encode(read));
        }
        if (ending === 'end') controller.close();
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
}

const messages = [{ role: 'user', content: 'Tell me.' }];
const ask = (more: object = {}) =>
  send('POST', '/v1/chat/completions', { key, body: { model, messages, stream: true, ...more } });

/** The receipt of an answer, as soon as there is one. */
async function receiptOf(id: string | null) {
  for (;;) {
    const answer = await call('GET', `/v1/generations/${id}`, { key });
    if (answer.status === 200) return answer.body;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a stream that its own caller ends', () => {
  const LONG = 'four '.repeat(40);

  it.each([
    ['total_ms', { total_ms: 1_000 }],
    ['idle_ms', { idle_ms: 50, midstream: ['error'] }],
  ])('by %s is charged for what it gave, as one whose client left', async (_, policy) => {
    upstreams({ first: stream([says(LONG)], 'silence') });
    const response = await ask({ policy });
    const text = await response.text();
    expect(text).toContain(LONG);
    expect(text).toContain('"finish_reason":"error"');
    const receipt = await receiptOf(response.headers.get('x-generation-id'));
    expect(receipt).toMatchObject({ status: 'client_closed_request', usage: { outputTokens: 50 } });
    expect(receipt.credits_used).toBeGreaterThanOrEqual(0.0005);
  });

  it('ends also where the client does not read what it has', async () => {
    const piece = says('x'.repeat(60_000));
    upstreams({
      first: stream(
        Array.from({ length: 8 }, () => piece),
        'silence',
      ),
    });
    const response = await ask({ policy: { total_ms: 1_000 } });
    const receipt = await receiptOf(response.headers.get('x-generation-id'));
    expect(receipt).toMatchObject({ status: 'client_closed_request' });
    expect(receipt.credits_used).toBeGreaterThan(0);
  });
});

describe('a stream that breaks', () => {
  it('behind its finish reason is whole', async () => {
    const asked = upstreams({ first: stream([says('All of it.'), STOP, FAULT]) });
    const text = await (await ask()).text();
    expect(asked).toEqual(['first']);
    expect(text.match(/"finish_reason":"\w+"/g)).toEqual(['"finish_reason":"stop"']);
    expect(text).toContain('"credits_unknown":"no_usage"');
  });

  it('is charged to nobody where nobody goes on', async () => {
    upstreams({ first: stream([says('Half of')]) });
    const response = await ask({ midstream: 'error' });
    expect(await response.text()).toContain('upstream_incomplete');
    const receipt = await receiptOf(response.headers.get('x-generation-id'));
    expect(receipt).toMatchObject({ status: 'failed', credits_used: 0 });
  });
});
