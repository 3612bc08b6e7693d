import type { ServerResponse } from 'node:http';
import { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faults } from '../support/node/openai-schema.ts';
import { receiptById, receiptOf, untilBalance } from '../support/node/receipts.ts';
import { addModel, addProvider, modelId, newCaller, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  for (const lane of ['edit-openai', 'edit-backup']) await addProvider(world, lane, 'openai');
  await addProvider(world, 'edit-google', 'google');
  const kind = 'image';
  const price = { input: 5, output: 0, input_image: 10, output_image: 40 };
  const gpt = { kind, price, upstreamModel: 'gpt-image-2' } as const;
  await addModel(world, 'edit-gpt', ['edit-openai'], gpt);
  for (const pair of ['edit-pair', 'edit-other-pair'])
    await addModel(world, pair, ['edit-openai', 'edit-backup'], gpt);
  await addModel(world, 'edit-plain', ['edit-openai'], {
    kind,
    price: { image: 0.04 },
    upstreamModel: 'flux',
  });
  await addModel(world, 'edit-gemini', ['edit-google'], {
    kind,
    price: { image: 0.04 },
    upstreamModel: 'gemini-2.5-flash-image',
  });
});
afterAll(() => world.stop());

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 1, 2, 0xff]);
const BASE64 = PNG.toString('base64');
const USAGE = {
  total_tokens: 1070,
  input_tokens: 70,
  output_tokens: 1000,
  input_tokens_details: { text_tokens: 10, image_tokens: 60 },
};
/** 10 × 5 + 60 × 10 + 1,000 × 40, in millionths of a dollar. */
const COST = 0.04065;

const json = (response: ServerResponse, body: object): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const whole = (response: ServerResponse): void =>
  json(response, { created: 1, data: [{ b64_json: BASE64 }], usage: USAGE });

const pngs = (count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, at) => toFile(Buffer.concat([PNG, Buffer.of(at)]), `${at}.png`)),
  );

/** The parts of a form as the upstream got it. */
async function formOf(lane: string): Promise<FormData> {
  const [sent] = world.upstream.received(lane);
  if (!sent) throw new Error(`Nothing came to ${lane}`);
  const type = String(sent.headers['content-type']);
  return await new Response(new Uint8Array(sent.bytes), { headers: { 'content-type': type } }).formData();
}

describe('edits', () => {
  it('of several pictures reach the provider byte for byte, as a form', async () => {
    world.upstream.script('edit-openai', whole);
    const caller = await newCaller(world);
    const { data, response } = await caller.client.images
      .edit({
        model: modelId('edit-gpt'),
        image: await pngs(3),
        mask: await toFile(PNG, 'mask.png'),
        prompt: 'a basket of these',
        n: 1,
        quality: 'high',
        input_fidelity: 'high',
        background: 'transparent',
        response_format: 'b64_json',
      })
      .withResponse();
    expect(data.data).toEqual([{ b64_json: BASE64 }]);
    expect(faults(data, 'ImagesResponse')).toEqual([]);
    expect(world.upstream.received('edit-openai')[0]?.path).toBe('/images/edits');
    const form = await formOf('edit-openai');
    expect(form.get('model')).toBe('gpt-image-2');
    expect(form.get('prompt')).toBe('a basket of these');
    expect(form.get('quality')).toBe('high');
    expect(form.has('response_format')).toBe(false);
    const images = form.getAll('image[]') as File[];
    const bytes = await Promise.all(images.map(async (file) => Buffer.from(await file.arrayBuffer())));
    expect(bytes).toEqual([0, 1, 2].map((at) => Buffer.concat([PNG, Buffer.of(at)])));
    expect(Buffer.from(await (form.get('mask') as File).arrayBuffer())).toEqual(PNG);
    expect(response.headers.get('x-credits-used')).toBe(String(COST));
    expect(await untilBalance(world, caller, 100 - COST)).toBe(100 - COST);
  });

  it('as JSON reach it as JSON', async () => {
    world.upstream.script('edit-openai', whole);
    const body = {
      model: modelId('edit-gpt'),
      images: [{ image_url: `data:image/png;base64,${BASE64}` }],
      prompt: 'a hat on it',
    };
    const response = await world.fetch('/v1/images/edits', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    const [sent] = world.upstream.received('edit-openai');
    expect(sent).toMatchObject({ path: '/images/edits', json: { ...body, model: 'gpt-image-2' } });
    expect(faults(sent?.json, 'EditImageBodyJsonParam')).toEqual([]);
  });

  it('of files that were uploaded here reach it as pictures', async () => {
    world.upstream.script('edit-openai', whole);
    const caller = await newCaller(world);
    const upload = async (bytes: Uint8Array, name: string): Promise<string> =>
      (await caller.client.files.create({ file: await toFile(bytes, name), purpose: 'vision' })).id;
    const [picture, mask, text] = await Promise.all([
      upload(PNG, 'cat.png'),
      upload(Buffer.concat([PNG, Buffer.of(7)]), 'mask.png'),
      upload(Buffer.from('hello'), 'a.txt'),
    ]);
    const edit = (images: object[], more: object = {}, by = caller) =>
      by.fetch('/v1/images/edits', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: modelId('edit-gpt'), prompt: 'x', images, ...more }),
      });
    const url = `data:image/png;base64,${BASE64}`;
    const answer = await edit([{ image_url: url }, { file_id: picture }], { mask: { file_id: mask } });
    expect(answer.status).toBe(200);
    const [sent] = world.upstream.received('edit-openai');
    expect(sent?.json).toMatchObject({
      images: [{ image_url: url }, { image_url: url }],
      mask: { image_url: `data:image/png;base64,${Buffer.concat([PNG, Buffer.of(7)]).toString('base64')}` },
    });
    expect(faults(sent?.json, 'EditImageBodyJsonParam')).toEqual([]);
    const refusal = async (response: Response) => {
      const { error } = (await response.json()) as { error: { code: string; param: string } };
      return [response.status, error.code, error.param];
    };
    expect(await refusal(await edit([{ file_id: text }]))).toEqual([
      400,
      'invalid_value',
      'images[0].file_id',
    ]);
    expect(await refusal(await edit([{ file_id: 'file-abc' }]))).toEqual([
      400,
      'unsupported_parameter',
      'images[0].file_id',
    ]);
    const stranger = await newCaller(world);
    expect(await refusal(await edit([{ file_id: picture }], {}, stranger))).toEqual([
      404,
      'not_found',
      'images[0].file_id',
    ]);
  });

  it('come from the next endpoint when the first fails, with the same pictures', async () => {
    world.upstream.script('edit-openai', (response) => void response.writeHead(503).end('{}'));
    world.upstream.script('edit-backup', whole);
    const { data } = await world.client.images
      .edit({ model: modelId('edit-pair'), image: await pngs(1), prompt: 'x' })
      .withResponse();
    expect(data.data?.[0]?.b64_json).toBe(BASE64);
    const form = await formOf('edit-backup');
    expect(Buffer.from(await (form.get('image[]') as File).arrayBuffer())).toEqual(
      Buffer.concat([PNG, Buffer.of(0)]),
    );
  });

  it('of Google are pictures in front of the words', async () => {
    const part = { inlineData: { mimeType: 'image/png', data: BASE64 } };
    world.upstream.script('edit-google', (response) =>
      json(response, { candidates: [{ content: { parts: [part] }, finishReason: 'STOP' }] }),
    );
    const { data } = await world.client.images.edit({
      model: modelId('edit-gemini'),
      image: await toFile(PNG, 'a.png', { type: 'image/png' }),
      prompt: 'a hat',
    });
    expect(data?.[0]?.b64_json).toBe(BASE64);
    expect(world.upstream.received('edit-google')[0]?.json).toMatchObject({
      contents: [{ parts: [part, { text: 'a hat' }] }],
    });
    const masked = world.client.images.edit({
      model: modelId('edit-gemini'),
      image: await toFile(PNG, 'a.png', { type: 'image/png' }),
      mask: await toFile(PNG, 'm.png'),
      prompt: 'a hat',
    });
    await expect(masked).rejects.toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'mask' });
  });
});

describe('variations', () => {
  it('are asked for where they are made', async () => {
    world.upstream.script('edit-openai', whole);
    const { data } = await world.client.images.createVariation({
      model: modelId('edit-plain'),
      image: await toFile(PNG, 'a.png'),
      n: 1,
    });
    expect(data?.[0]?.b64_json).toBe(BASE64);
    expect(world.upstream.received('edit-openai')[0]?.path).toBe('/images/variations');
    const form = await formOf('edit-openai');
    expect([form.get('model'), form.get('response_format'), form.get('n')]).toEqual([
      'flux',
      'b64_json',
      '1',
    ]);
  });
});

const event = (type: string, more: object) =>
  `event: ${type}\ndata: ${JSON.stringify({
    type,
    b64_json: BASE64,
    created_at: 1,
    size: '1024x1024',
    quality: 'high',
    background: 'opaque',
    output_format: 'png',
    ...more,
  })}\n\n`;

/** Sends these events, then ends. */
const streams =
  (...events: string[]) =>
  (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const one of events) response.write(one);
    response.end();
  };

describe('streams', () => {
  const ask = { prompt: 'a cat', stream: true as const, partial_images: 2 };

  it('have the pictures on the way, and the cost in the last event', async () => {
    world.upstream.script(
      'edit-openai',
      streams(
        event('image_generation.partial_image', { partial_image_index: 0 }),
        event('image_generation.partial_image', { partial_image_index: 1 }),
        event('image_generation.completed', { usage: USAGE }),
      ),
    );
    const caller = await newCaller(world);
    const { data: stream, response } = await caller.client.images
      .generate({ model: modelId('edit-gpt'), ...ask })
      .withResponse();
    const events = [];
    for await (const one of stream) events.push(one);
    expect(events.map(({ type }) => type)).toEqual([
      'image_generation.partial_image',
      'image_generation.partial_image',
      'image_generation.completed',
    ]);
    for (const one of events) expect(faults(one, 'ImageGenStreamEvent')).toEqual([]);
    expect(events[2]).toMatchObject({ b64_json: BASE64, usage: USAGE, credits_used: COST });
    expect(world.upstream.received('edit-openai')[0]?.json).toMatchObject({
      stream: true,
      partial_images: 2,
    });
    expect(await receiptOf(caller, response)).toMatchObject({ stream: true, credits_used: COST });
    expect(await untilBalance(world, caller, 100 - COST)).toBe(100 - COST);
  });

  it('of edits have events of their own', async () => {
    world.upstream.script(
      'edit-openai',
      streams(
        event('image_edit.partial_image', { partial_image_index: 0 }),
        event('image_edit.completed', { usage: USAGE }),
      ),
    );
    const stream = await world.client.images.edit({
      model: modelId('edit-gpt'),
      image: await toFile(PNG, 'a.png'),
      ...ask,
    });
    const events = [];
    for await (const one of stream) events.push(one);
    expect(events.map(({ type }) => type)).toEqual(['image_edit.partial_image', 'image_edit.completed']);
    for (const one of events) expect(faults(one, 'ImageEditStreamEvent')).toEqual([]);
    const form = await formOf('edit-openai');
    expect([form.get('stream'), form.get('partial_images')]).toEqual(['true', '2']);
  });

  it.each([
    ['edit-plain', 'edit-openai', (response: ServerResponse) => whole(response)],
    [
      'edit-gemini',
      'edit-google',
      (response: ServerResponse) =>
        json(response, {
          candidates: [
            {
              content: { parts: [{ inlineData: { mimeType: 'image/png', data: BASE64 } }] },
              finishReason: 'STOP',
            },
          ],
        }),
    ],
  ])('of %s, whose provider has none, are one event', async (model, lane, script) => {
    world.upstream.script(lane, script);
    const { data: stream, response } = await world.client.images
      .generate({ model: modelId(model), ...ask })
      .withResponse();
    const events = [];
    for await (const one of stream) events.push(one);
    expect(events).toMatchObject([
      { type: 'image_generation.completed', b64_json: BASE64, output_format: 'png', size: 'auto' },
    ]);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('x-dropped-params')).toBe('partial_images');
    expect(response.headers.get('x-credits-used')).toBe('0.04');
    expect(world.upstream.received(lane)[0]?.json).not.toHaveProperty('stream');
  });

  it('go to the next endpoint before the first event', async () => {
    world.upstream.script(
      'edit-openai',
      streams('event: error\ndata: {"error":{"message":"Busy","type":"server_error"}}\n\n'),
    );
    world.upstream.script('edit-backup', streams(event('image_generation.completed', { usage: USAGE })));
    const { data: stream, response } = await world.client.images
      .generate({ model: modelId('edit-other-pair'), ...ask })
      .withResponse();
    const types = [];
    for await (const { type } of stream) types.push(type);
    expect(types).toEqual(['image_generation.completed']);
    expect(response.headers.get('x-fallback-from')).toMatch(/edit-openai$/);
  });

  it('that end without the last event are an error, and cost nothing', async () => {
    world.upstream.script(
      'edit-openai',
      streams(event('image_generation.partial_image', { partial_image_index: 0 })),
    );
    const { data: stream, response } = await world.client.images
      .generate({ model: modelId('edit-gpt'), ...ask })
      .withResponse();
    const types: string[] = [];
    const reading = (async () => {
      for await (const { type } of stream) types.push(type);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'upstream_incomplete' });
    expect(types).toEqual(['image_generation.partial_image']);
    const id = response.headers.get('x-generation-id') ?? '';
    expect(await receiptById(world, id)).toMatchObject({ status: 'failed', credits_used: 0 });
  });
});
