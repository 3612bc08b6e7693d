import { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faults } from '../support/node/openai-schema.ts';
import { untilBalance } from '../support/node/receipts.ts';
import { modelId, newCaller, type World } from '../support/node/world.ts';
import { BASE64, COST, formOf, json, PNG, whole, worldOfImages } from './image-lanes.ts';

let world: World;
beforeAll(async () => {
  world = await worldOfImages();
});
afterAll(() => world.stop());

const pngs = (count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, at) => toFile(Buffer.concat([PNG, Buffer.of(at)]), `${at}.png`)),
  );

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
    const form = await formOf(world, 'edit-openai');
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
    const form = await formOf(world, 'edit-backup');
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
    const form = await formOf(world, 'edit-openai');
    expect([form.get('model'), form.get('response_format'), form.get('n')]).toEqual([
      'flux',
      'b64_json',
      '1',
    ]);
  });
});
