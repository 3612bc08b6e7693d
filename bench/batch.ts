/**
 * `npm run build && node bench/batch.ts [lines]`: runs a batch of so many lines (10,000) through the built Worker, and
 * checks that each was sent, answered and billed once. Exits with 1 where that is not so.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import OpenAI, { toFile } from 'openai';
import { migrate, variables } from './provision.ts';
import { startGateway } from './workers.ts';

const count = Number(process.argv[2] ?? 10_000);

/** What an answer costs, USD: 100 tokens at 2 USD per million, 20 at 10. */
const COST = 0.0004;

/** Every answer takes so long, milliseconds. */
const LATENCY_MS = 20;

const calls = new Map<string, number>();
const upstream = createServer(async (request, response) => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const { messages } = JSON.parse(Buffer.concat(pieces).toString()) as { messages: { content: string }[] };
  const content = messages[0]?.content ?? '';
  calls.set(content, (calls.get(content) ?? 0) + 1);
  await sleep(LATENCY_MS);
  const answer = {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'up',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
  };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
});
upstream.listen(0, '127.0.0.1');
await once(upstream, 'listening');
const { port } = upstream.address() as AddressInfo;

const root = fileURLToPath(new URL('..', import.meta.url));
const own = variables();
const gateway = await startGateway(root, own);
await migrate(root, gateway);

async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(gateway.origin + path, {
    method,
    headers: { authorization: `Bearer ${own.ADMIN_KEY}`, 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

await api('PUT', '/api/providers/up', {
  base_url: `http://127.0.0.1:${port}`,
  wire: 'openai',
  secret: randomBytes(16).toString('hex'),
});
await api('PUT', '/api/models/bench%2Fup', {
  kind: 'chat',
  endpoints: [{ provider: 'up', upstream_model: 'up', price: { input: 2, output: 10 } }],
});
const { id: workspace } = await api<{ id: string }>('POST', '/api/workspaces', {
  name: 'Bench',
  credits: 1000,
});
const { key } = await api<{ key: string }>('POST', '/api/keys', {
  name: 'bench',
  workspace,
  role: 'developer',
});
const client = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: key });

const lines = Array.from({ length: count }, (_, index) => {
  const body = { model: 'bench/up', max_tokens: 50, messages: [{ role: 'user', content: `line-${index}` }] };
  return JSON.stringify({ custom_id: `line-${index}`, method: 'POST', url: '/v1/chat/completions', body });
});
const file = await client.files.create({
  file: await toFile(Buffer.from(lines.join('\n')), 'requests.jsonl'),
  purpose: 'batch',
});
const began = performance.now();
let batch = await client.batches.create({
  input_file_id: file.id,
  endpoint: '/v1/chat/completions',
  completion_window: '24h',
});
while (!['completed', 'failed', 'expired', 'cancelled'].includes(batch.status)) {
  await sleep(1_000);
  batch = await client.batches.retrieve(batch.id);
  process.stderr.write(`${batch.status} ${batch.request_counts?.completed}\r`);
}
const seconds = (performance.now() - began) / 1000;

const output = await (await client.files.content(batch.output_file_id ?? '')).text();
const names = output
  .trimEnd()
  .split('\n')
  .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id);
const { credits } = await api<{ credits: number }>('GET', `/api/workspaces/${workspace}`);
const result = {
  status: batch.status,
  lines: count,
  seconds: Math.round(seconds),
  lines_per_second: Math.round(count / seconds),
  answered: new Set(names).size,
  sent: [...calls.values()].reduce((sum, times) => sum + times, 0),
  billed: Math.round((1000 - credits) / COST),
};
console.log(JSON.stringify(result, null, 1));
await gateway.stop();
upstream.close();
upstream.closeAllConnections();
const isRight = [result.answered, names.length, result.sent, result.billed].every(
  (number) => number === count,
);
process.exitCode = isRight && batch.status === 'completed' ? 0 : 1;
