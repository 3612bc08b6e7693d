import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS } from '../support/node/answers.ts';
import { ask, ended, resultsOf, submit, until } from '../support/node/batches.ts';
import { faults } from '../support/node/openai-schema.ts';
import { balance, receiptById } from '../support/node/receipts.ts';
import { answer, inTurn } from '../support/node/scripts.ts';
import type { Script } from '../support/node/upstream.ts';
import { addModel, modelId, newCaller, PRICE, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** What each answer costs, USD: 100 tokens in, 20 out. */
const COST = 0.0004;
const SAYS = { text: ['Hello.'], input: 100, output: 20 };
const says = answer(ANSWERS.openai.whole(SAYS));
const model = modelId('openai');
const received = () => world.upstream.received('openai');

/** Answers when it is let. */
function held(): { script: Script; release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const script: Script = async (response, request) => {
    await promise;
    await says(response, request);
  };
  return { script, release: resolve };
}

function codeOf(body: Record<string, unknown> | undefined): unknown {
  return (body?.error as { code?: unknown } | undefined)?.code;
}

/** OpenAI's own batches have null where its description knows only absence. */
function withoutNulls(batch: object): object {
  return Object.fromEntries(Object.entries(batch).filter(([, value]) => value !== null));
}

test('many lines are run and billed once each, by OpenAI’s SDK', async () => {
  const caller = await newCaller(world);
  world.upstream.script('openai', says);
  const names = Array.from({ length: 120 }, (_, index) => `line-${index}`);
  const made = await submit(
    caller,
    names.map((name) => ask(name, model)),
    { metadata: { purpose: 'test' }, output_expires_after: { anchor: 'created_at', seconds: 3600 } },
  );
  expect(faults(withoutNulls(made), 'Batch')).toEqual([]);
  expect(made).toMatchObject({ status: 'validating', metadata: { purpose: 'test' }, output_file_id: null });
  expect(made.expires_at).toBe(made.created_at + 86_400);

  const batch = await ended(caller, made.id);
  expect(faults(withoutNulls(batch), 'Batch')).toEqual([]);
  expect(batch).toMatchObject({
    status: 'completed',
    model,
    usage: { input_tokens: 12_000, output_tokens: 2_400, total_tokens: 14_400 },
    errors: null,
    error_file_id: null,
    request_counts: { total: 120, completed: 120, failed: 0 },
  });
  const times = [batch.created_at, batch.in_progress_at, batch.finalizing_at, batch.completed_at];
  expect(times.map(Number)).toEqual(times.map(Number).toSorted((a, b) => a - b));

  const results = await resultsOf(caller, batch.output_file_id);
  expect(results.map(({ custom_id }) => custom_id).toSorted()).toEqual(names.toSorted());
  expect(
    received()
      .map(({ json }) => (json.messages as { content: string }[])[0]?.content)
      .toSorted(),
  ).toEqual(names.toSorted());
  expect(await balance(world, caller)).toBe(100 - 120 * COST);
  for (const { response } of results) {
    expect(response?.status_code).toBe(200);
    expect(response?.request_id).toMatch(/^req_/);
  }
  expect(new Set(results.map(({ id }) => id)).size).toBe(120);
  expect(faults(results[0]?.response?.body, 'CreateChatCompletionResponse')).toEqual([]);

  const receipt = await receiptById(caller, String(results[7]?.response?.body.id));
  expect(receipt).toMatchObject({ batch: batch.id, batch_discount: 0, credits_used: COST });
  const output = await caller.client.files.retrieve(batch.output_file_id ?? '');
  expect(output).toMatchObject({ purpose: 'batch_output', filename: `${batch.id}_output.jsonl` });
  expect(output.expires_at).toBeGreaterThanOrEqual(output.created_at + 3600);

  const other = await submit(caller, [ask('one', model)]);
  const page = await caller.client.batches.list({ limit: 1 });
  expect(page.data.map(({ id }) => id)).toEqual([other.id]);
  expect((await page.getNextPage()).data.map(({ id }) => id)).toEqual([batch.id]);
  const raw = (await (await caller.fetch('/v1/batches')).json()) as { data: object[] };
  expect(faults({ ...raw, data: raw.data.map(withoutNulls) }, 'ListBatchesResponse')).toEqual([]);
  expect(raw).toMatchObject({ has_more: false, first_id: other.id, last_id: batch.id });
  await ended(caller, other.id);
});

test('a bad or failing line stands in the error file, and keeps no other from running', async () => {
  const caller = await newCaller(world);
  world.upstream.script('openai', (response, request) =>
    JSON.stringify(request.json).includes('refuse me')
      ? answer({ error: { message: 'No.', type: 'invalid_request_error', code: 'bad' } }, 400)(
          response,
          request,
        )
      : says(response, request),
  );
  const batch = await submit(caller, [
    ask('good', model),
    '{"custom_id": "torn',
    '',
    ask('good', model),
    { ...ask('elsewhere', model), url: '/v1/embeddings' },
    ask('streamed', model, 'x', { stream: true }),
    ask('refused', model, 'refuse me'),
    ask('unknown', modelId('nowhere')),
    ask('dear', model, 'x', { max_tokens: 1_000_000_000 }),
    ask('also-good', model),
  ]);
  const { status, request_counts, output_file_id, error_file_id } = await ended(caller, batch.id);
  expect(status).toBe('completed');
  expect(request_counts).toEqual({ total: 9, completed: 2, failed: 7 });
  const good = await resultsOf(caller, output_file_id);
  expect(good.map(({ custom_id }) => custom_id)).toEqual(['good', 'also-good']);
  const bad = await resultsOf(caller, error_file_id);
  expect(
    bad.map(({ custom_id, response, error }) => [
      custom_id,
      error ? [error.code, error.line] : [response?.status_code, codeOf(response?.body)],
    ]),
  ).toEqual([
    [null, ['invalid_json_line', 2]],
    ['good', ['duplicate_custom_id', 4]],
    ['elsewhere', ['invalid_url', 5]],
    ['streamed', ['unsupported_parameter', 6]],
    ['refused', [400, 'upstream_invalid_request']],
    ['unknown', [404, 'model_not_found']],
    ['dear', [402, 'insufficient_credits']],
  ]);
  expect(await balance(world, caller)).toBe(100 - 2 * COST);
});

test('an input with nothing to run makes the batch fail', async () => {
  const batch = await ended(world, (await submit(world, ['', ' '])).id);
  expect(batch.status).toBe('failed');
  expect(batch.errors?.data?.[0]).toMatchObject({ code: 'empty_file', param: 'input_file_id', line: null });
  expect(faults(withoutNulls(batch), 'Batch')).toEqual([]);
});

test('what the operator leaves out of a price for batches is left out of what lines cost', async () => {
  const caller = await newCaller(world);
  await addModel(world, 'halved', ['openai'], { price: { ...PRICE, batch_discount: 0.5 } });
  world.upstream.script('openai', says);
  const batch = await ended(caller, (await submit(caller, [ask('a', modelId('halved'))])).id);
  const [result] = await resultsOf(caller, batch.output_file_id);
  const receipt = await receiptById(caller, String(result?.response?.body.id));
  expect(receipt).toMatchObject({ credits_used: COST / 2, batch_discount: 0.5, provider_cost: COST });
  expect(await balance(world, caller)).toBe(100 - COST / 2);
  const own = await caller.chat({ model: modelId('halved'), messages: [{ role: 'user', content: 'Hi' }] });
  expect(own.headers.get('x-credits-used')).toBe('0.0004');
});

test('limits of the workspace make lines wait, and fail none', async () => {
  const caller = await newCaller(world);
  await world.api('PUT', `/api/workspaces/${caller.workspace}/limits`, { concurrent: 1 });
  world.upstream.script('openai', says);
  const made = await submit(
    caller,
    Array.from({ length: 6 }, (_, index) => ask(`line-${index}`, model)),
  );
  const batch = await ended(caller, made.id);
  expect(batch.request_counts).toEqual({ total: 6, completed: 6, failed: 0 });
  expect(received()).toHaveLength(6);
});

test('a provider that is busy for a moment is asked again', async () => {
  const busy = answer({ error: { message: 'Slow down.' } }, 429, { 'retry-after': '1' });
  world.upstream.script('openai', inTurn(busy, busy, busy, busy, says));
  const batch = await ended(world, (await submit(world, [ask('a', model)])).id);
  expect(batch.request_counts).toEqual({ total: 1, completed: 1, failed: 0 });
});

test('a batch that is cancelled ends with what was under way', async () => {
  const caller = await newCaller(world);
  const { script, release } = held();
  world.upstream.script('openai', script);
  const made = await submit(
    caller,
    Array.from({ length: 40 }, (_, index) => ask(`line-${index}`, model)),
  );
  await expect.poll(() => received().length, { timeout: 20_000 }).toBeGreaterThan(0);
  const cancelling = await caller.client.batches.cancel(made.id);
  expect(cancelling.status).toBe('cancelling');
  expect(cancelling.cancelling_at).toBeGreaterThanOrEqual(made.created_at);
  expect((await caller.client.batches.cancel(made.id)).status).toBe('cancelling');
  release();
  const batch = await until(caller, made.id, ({ status }) => status === 'cancelled');
  const done = received().length;
  expect(done).toBeLessThanOrEqual(16);
  expect(batch.request_counts).toEqual({ total: 40, completed: done, failed: 40 - done });
  expect(await resultsOf(caller, batch.output_file_id)).toHaveLength(done);
  const rest = await resultsOf(caller, batch.error_file_id);
  expect(new Set(rest.map(({ error }) => error?.code))).toEqual(new Set(['batch_cancelled']));
  expect(await balance(world, caller)).toBe(100 - done * COST);
  const again = await caller.client.batches.cancel(made.id);
  expect(again.status).toBe('cancelled');
});

test('the lines of a key that is revoked fail, and those before keep their results', async () => {
  const caller = await newCaller(world);
  const made = await world.api<{ id: string; key: string }>('POST', '/api/keys', {
    name: 'short-lived',
    workspace: caller.workspace,
    role: 'inference',
  });
  const client = new OpenAI({ baseURL: `${world.gateway.origin}/v1`, apiKey: made.key, maxRetries: 0 });
  const { script, release } = held();
  world.upstream.script('openai', script);
  const lines = Array.from({ length: 30 }, (_, index) => ask(`line-${index}`, model));
  const { id } = await submit({ client }, lines);
  await expect.poll(() => received().length, { timeout: 20_000 }).toBe(8);
  await world.api('DELETE', `/api/keys/${made.id}`);
  release();
  const batch = await ended(caller, id);
  const done = received().length;
  expect(batch.request_counts).toEqual({ total: 30, completed: done, failed: 30 - done });
  expect(done).toBeLessThan(30);
  for (const { response } of await resultsOf(caller, batch.error_file_id)) {
    expect(response).toMatchObject({ status_code: 401, body: { error: { code: 'invalid_api_key' } } });
  }
});
