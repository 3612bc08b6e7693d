import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS, streamText } from '../support/node/answers.ts';
import { OUTPUT } from '../support/node/build.ts';
import { startGateway } from '../support/node/gateway.ts';
import { faults } from '../support/node/openai-schema.ts';
import { receiptById, untilBalance } from '../support/node/receipts.ts';
import { answer, endless, stream } from '../support/node/scripts.ts';
import { modelId, newCaller, startWorld, type World } from '../support/node/world.ts';
import { checkResponseEvents, type ResponseEvent } from '../support/response-events.ts';

/** A gateway that can be killed, and started again with what it had stored. */
const folder = mkdtempSync(join(tmpdir(), 'background-'));
const variables = {
  ADMIN_KEY: `op_${randomBytes(24).toString('base64url')}`,
  ENCRYPTION_KEY: randomBytes(32).toString('base64'),
};
const start = () => startGateway(OUTPUT, 'mortal', variables, join(folder, 'storage'));
let running: Awaited<ReturnType<typeof startGateway>>;
let world: World;
beforeAll(async () => {
  running = await start();
  world = await startWorld(running.gateway);
});
afterAll(async () => {
  await world.stop();
  await running.stop();
  rmSync(folder, { recursive: true, force: true });
});

const SAYS = { text: ['One, ', 'two, ', 'three.'], input: 100, output: 20 };
const COST = 0.0004;
const ask = { model: modelId('openai'), input: 'Count.', background: true } as const;
const { head } = ANSWERS.openai.stream(SAYS);
const forever = endless(head.join(''), head.at(-1) ?? '');

async function read(events: AsyncIterable<ResponseStreamEvent>): Promise<ResponseEvent[]> {
  const all: ResponseEvent[] = [];
  for await (const event of events) all.push(event as unknown as ResponseEvent);
  return all;
}

test('is polled until it is completed, and billed once', async () => {
  const caller = await newCaller(world);
  const { client } = caller;
  world.upstream.script('openai', stream(streamText('openai', SAYS)));
  const { output_text: _, ...queued } = await client.responses.create(ask);
  expect(queued.status).toBe('queued');
  expect(faults(queued, 'Response')).toEqual([]);
  const { id } = queued;
  await expect
    .poll(async () => (await client.responses.retrieve(id)).status, { timeout: 10_000 })
    .toBe('completed');
  const response = await client.responses.retrieve(id);
  expect(response.output_text).toBe('One, two, three.');
  const { output_text: __, ...ended } = response;
  expect(faults(ended, 'Response')).toEqual([]);
  expect(world.upstream.received('openai')).toHaveLength(1);
  expect(await untilBalance(world, caller, 100 - COST)).toBe(100 - COST);
});

test('streams, is left, and is streamed on from where it was left', async () => {
  const { client } = world;
  world.upstream.script('openai', stream(streamText('openai', SAYS), 7));
  const first: ResponseEvent[] = [];
  let id = '';
  for await (const event of await client.responses.create({ ...ask, stream: true })) {
    first.push(event as unknown as ResponseEvent);
    if (event.type === 'response.created') id = event.response.id;
    if (event.type === 'response.output_text.delta') break;
  }
  const starting_after = Number(first.at(-1)?.sequence_number);
  const rest = await read(await client.responses.retrieve(id, { stream: true, starting_after }));
  const all = [...first, ...rest];
  checkResponseEvents(all);
  expect(all.flatMap((event) => faults(event, 'ResponseStreamEvent'))).toEqual([]);
  expect(rest[0]?.sequence_number).toBe(starting_after + 1);

  const helped = client.responses.stream({ response_id: id, starting_after });
  const seen: number[] = [];
  helped.on('event', (event) => void seen.push(event.sequence_number));
  expect((await helped.finalResponse()).output_text).toBe('One, two, three.');
  expect(seen[0]).toBe(starting_after + 1);
  expect(world.upstream.received('openai')).toHaveLength(1);
});

test('is cancelled: the call upstream ends, and what was used is billed', async () => {
  const caller = await newCaller(world);
  const { client } = caller;
  world.upstream.script('openai', forever);
  const { id } = await client.responses.create(ask);
  const events = await client.responses.retrieve(id, { stream: true });
  for await (const event of events) if (event.type === 'response.output_text.delta') break;
  const cancelled = await client.responses.cancel(id);
  expect(cancelled.status).toBe('cancelled');
  expect(cancelled.output).toMatchObject([
    { status: 'incomplete', content: [{ text: expect.stringMatching(/^One, /) }] },
  ]);
  expect(faults(cancelled, 'Response')).toEqual([]);
  await world.upstream.received('openai')[0]?.closed;
  expect((await client.responses.retrieve(id)).status).toBe('cancelled');
  const receipt = await receiptById(caller, id.replace('resp_', 'gen_'));
  expect(receipt.status).toBe('client_closed_request');
  expect(receipt.credits_used).toBeGreaterThan(0);
  const left = 100 - (receipt.credits_used ?? 0);
  expect(await untilBalance(world, caller, left)).toBe(left);
});

test('has failed when the gateway was killed in the middle, and what was kept before is still there', async () => {
  world.upstream.script('openai', answer(ANSWERS.openai.whole(SAYS)));
  const kept = await world.client.responses.create({ ...ask, background: false });
  world.upstream.script('openai', forever);
  const { id } = await world.client.responses.create(ask);
  const events = await world.client.responses.retrieve(id, { stream: true });
  for await (const event of events) if (event.type === 'response.output_text.delta') break;
  await running.stop();
  running = await start();
  world.gateway.origin = running.gateway.origin;
  world.client.baseURL = `${running.gateway.origin}/v1`;
  const response = await world.client.responses.retrieve(id);
  expect(response).toMatchObject({ status: 'failed', error: { code: 'server_error' } });
  expect((await world.client.responses.retrieve(kept.id)).output_text).toBe('One, two, three.');
  const again = await read(await world.client.responses.retrieve(id, { stream: true })).catch(
    (error: unknown) => error,
  );
  expect(again).toMatchObject([{ type: 'response.created' }, { type: 'response.failed' }]);
});
