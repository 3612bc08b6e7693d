import type { ServerResponse } from 'node:http';
import { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faults } from '../support/node/openai-schema.ts';
import { receiptById, receiptOf, untilBalance } from '../support/node/receipts.ts';
import { modelId, newCaller, type World } from '../support/node/world.ts';
import { BASE64, COST, formOf, json, PNG, USAGE, whole, worldOfImages } from './image-lanes.ts';

let world: World;
beforeAll(async () => {
  world = await worldOfImages();
});
afterAll(() => world.stop());

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
    const form = await formOf(world, 'edit-openai');
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
