import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS } from '../support/node/answers.ts';
import { ask, ended, resultsOf, submit } from '../support/node/batches.ts';
import { answer } from '../support/node/scripts.ts';
import { addModel, addProvider, modelId, newCaller, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await addProvider(world, 'odd-pictures', 'openai');
  await addModel(world, 'odd-picture', ['odd-pictures'], { kind: 'image', price: { image: 0.04 } });
});
afterAll(() => world.stop());

const says = answer(ANSWERS.openai.whole({ text: ['Hello.'], input: 100, output: 20 }));
const model = modelId('openai');
const MB = 1024 * 1024;

test('an input may be written on any system, and ids may be any text', async () => {
  world.upstream.script('openai', says);
  const ids = [
    '"',
    '\n',
    '\u0000',
    '\u2028\u2029',
    '\\u0061',
    '日本 👩‍👩‍👧',
    ' ',
    'x'.repeat(512),
    '../../x',
    '__proto__',
  ];
  const lines = ids.map((id) => JSON.stringify(ask(id, model)));
  const text = `\uFEFF${lines.slice(0, 4).join('\r\n')}\r\n\r\n \t\r\n${lines.slice(4).join('\n')}`;
  const file = await world.client.files.create({ file: new File([text], 'odd.jsonl'), purpose: 'batch' });
  const { id } = await world.client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  });
  const batch = await ended(world, id);
  expect(batch.request_counts).toEqual({ total: 10, completed: 10, failed: 0 });
  const results = await resultsOf(world, batch.output_file_id);
  expect(results.map(({ custom_id }) => custom_id)).toEqual(ids);
});

test('lines that are too large are told so by number, and those that are large are run', async () => {
  const caller = await newCaller(world);
  world.upstream.script('openai', says);
  const large = (name: string, megabytes: number) => ask(name, model, 'x'.repeat(megabytes * MB));
  const batch = await ended(
    caller,
    (
      await submit(caller, [
        large('huge', 40),
        { ...ask('', model), custom_id: 7 },
        { ...ask('', model), custom_id: 'y'.repeat(3 * MB) },
        large('five', 5),
        large('six', 6),
        ask('small', model),
      ])
    ).id,
  );
  expect(batch.request_counts).toEqual({ total: 6, completed: 3, failed: 3 });
  const good = await resultsOf(caller, batch.output_file_id);
  expect(good.map(({ custom_id }) => custom_id)).toEqual(['five', 'six', 'small']);
  const bad = await resultsOf(caller, batch.error_file_id);
  expect(bad.map(({ custom_id, error }) => [custom_id, error?.code, error?.param, error?.line])).toEqual([
    [null, 'line_too_large', null, 1],
    [null, 'invalid_value', 'custom_id', 2],
    [null, 'invalid_value', 'custom_id', 3],
  ]);
});

test('a response of a line is kept, and may go on from another; one in the background is none', async () => {
  const caller = await newCaller(world);
  world.upstream.script('openai', says);
  const first = await caller.client.responses.create({ model, input: 'Hello', store: true });
  const line = (id: string, more: object) => ({
    custom_id: id,
    method: 'POST',
    url: '/v1/responses',
    body: { model, input: 'And now?', ...more },
  });
  const made = await submit(
    caller,
    [
      line('goes-on', { previous_response_id: first.id }),
      line('not-kept', { store: false }),
      line('unknown', { previous_response_id: 'resp_unknown' }),
      line('later', { background: true }),
    ],
    { endpoint: '/v1/responses' },
  );
  const batch = await ended(caller, made.id);
  const good = await resultsOf(caller, batch.output_file_id);
  expect(good.map(({ custom_id }) => custom_id)).toEqual(['goes-on', 'not-kept']);
  const sent = world.upstream.received('openai').map(({ body }) => body);
  expect(sent.filter((body) => body.includes('Hello') && body.includes('And now?'))).toHaveLength(1);
  const [kept, gone] = good.map(({ response }) => String(response?.body.id));
  expect((await caller.client.responses.retrieve(kept ?? '')).previous_response_id).toBe(first.id);
  await expect(caller.client.responses.retrieve(gone ?? '')).rejects.toMatchObject({ status: 404 });
  const bad = await resultsOf(caller, batch.error_file_id);
  expect(
    bad.map(({ custom_id, response, error }) => [custom_id, response?.status_code ?? error?.code]),
  ).toEqual([
    ['unknown', 400],
    ['later', 'unsupported_parameter'],
  ]);
});

test('lines make and edit pictures', async () => {
  const caller = await newCaller(world);
  const usage = { input_tokens: 70, output_tokens: 1_000, total_tokens: 1_070 };
  world.upstream.script('odd-pictures', answer({ created: 1, data: [{ b64_json: 'AAAA' }], usage }));
  const body = {
    model: modelId('odd-picture'),
    prompt: 'a cat',
    images: [{ image_url: 'data:image/png;base64,iVBORw0KGgo=' }],
  };
  const made = await submit(
    caller,
    ['a', 'b', 'c'].map((id) => ({ custom_id: id, method: 'POST', url: '/v1/images/edits', body })),
    { endpoint: '/v1/images/edits' },
  );
  const batch = await ended(caller, made.id);
  expect(batch.request_counts).toEqual({ total: 3, completed: 3, failed: 0 });
  expect(batch.usage).toMatchObject({ input_tokens: 210, output_tokens: 3_000 });
  expect(world.upstream.received('odd-pictures').map(({ path }) => path)).toEqual(
    Array.from({ length: 3 }, () => '/images/edits'),
  );
});

test('what a client claims to be a line of a batch is none', async () => {
  const caller = await newCaller(world);
  world.upstream.script('openai', says);
  const props = { waived: true, batchId: 'batch_1', generationId: 'gen_1', keyHash: '0' };
  const headers = Object.fromEntries(
    ['props', 'x-props', 'cf-worker-props', 'x-batch', 'mf-props'].map((name) => [
      name,
      JSON.stringify(props),
    ]),
  );
  const response = await caller.chat(
    { model, messages: [{ role: 'user', content: 'Hi' }], batch: props, ...props },
    { headers },
  );
  expect(response.headers.get('x-credits-used')).toBe('0.0004');
});
