import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receiptById, receiptOf, untilBalance } from '../support/node/receipts.ts';
import type { Script } from '../support/node/upstream.ts';
import { addModel, addProvider, modelId, newCaller, startWorld, type World } from '../support/node/world.ts';

/** The beginning of a PNG is what tells its type; the rest says which it is. */
const PNG = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  Buffer.from('a picture'),
]);
const BASE64 = PNG.toString('base64');

let world: World;
beforeAll(async () => {
  world = await startWorld();
  for (const lane of ['image-openai', 'image-backup']) await addProvider(world, lane, 'openai');
  await addProvider(world, 'image-google', 'google');
  const priced = { kind: 'image', price: { image: 0.04 } } as const;
  await addModel(world, 'draw', ['image-openai'], priced);
  await addModel(world, 'draw-pair', ['image-openai', 'image-backup'], priced);
  await addModel(world, 'draw-google', ['image-google'], { ...priced, upstreamModel: 'imagen-4.0' });
  const tokens = { input: 5, output: 40, input_image: 10, output_image: 40 };
  await addModel(world, 'draw-tokens', ['image-openai'], {
    kind: 'image',
    price: tokens,
    upstreamModel: 'gpt-image-1',
  });
});
afterAll(() => world.stop());

const json = (response: ServerResponse, body: object): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const inBase64: Script = (response, { json: { n = 1 } }) =>
  json(response, {
    created: 1_700_000_000,
    data: Array.from({ length: Number(n) }, () => ({ b64_json: BASE64, revised_prompt: 'a fine cat' })),
  });

/** Answers with addresses on the same lane, and serves what is behind them. */
const byAddress =
  (lane: string, path = '/files/1.png'): Script =>
  (response, { method, path: asked }) => {
    if (method === 'POST')
      return json(response, { created: 1, data: [{ url: world.upstream.url(lane) + path }] });
    if (asked === '/elsewhere')
      return void response.writeHead(302, { location: `/${lane}/files/1.png` }).end();
    if (asked === '/inside')
      return void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    return void response.writeHead(200, { 'content-type': 'image/png' }).end(PNG);
  };

/** Pictures as the SDK reads them. */
async function draw(model: string, more: object = {}, caller: Pick<World, 'client'> = world) {
  const { data, response } = await caller.client.images
    .generate({ model: modelId(model), prompt: 'a cat', ...more })
    .withResponse();
  return {
    data: (data as { data?: { url?: string; b64_json?: string; revised_prompt?: string }[] }).data ?? [],
    response,
  };
}

describe('pictures', () => {
  it('of a provider that answers in base64 alone are links for who asks for links', async () => {
    world.upstream.script('image-openai', inBase64);
    const { data, response } = await draw('draw', {
      response_format: 'url',
      n: 2,
      size: '1024x1024',
      quality: 'hd',
    });
    expect(world.upstream.received('image-openai')[0]?.json).toEqual({
      model: 'Up-image-openai',
      prompt: 'a cat',
      n: 2,
      size: '1024x1024',
      quality: 'hd',
      response_format: 'b64_json',
    });
    expect(data.map(({ revised_prompt }) => revised_prompt)).toEqual(['a fine cat', 'a fine cat']);
    for (const { url = '', b64_json } of data) {
      expect(b64_json).toBeUndefined();
      expect(url.startsWith(`${world.gateway.origin}/v1/images/files/${world.workspace}/`)).toBe(true);
      const file = await fetch(url);
      expect(file.headers.get('content-type')).toBe('image/png');
      expect(Buffer.from(await file.arrayBuffer()).equals(PNG)).toBe(true);
    }
    expect(await receiptOf(world, response)).toMatchObject({
      kind: 'image',
      credits_used: 0.08,
      cost_lines: [{ unit: 'image', quantity: 2, rate: 40_000_000, amount: 80_000_000 }],
    });
  });

  it('are base64 for who asks for base64, or for nothing', async () => {
    world.upstream.script('image-openai', inBase64);
    for (const more of [{}, { response_format: 'b64_json' }]) {
      const { data } = await draw('draw', more);
      expect(data).toEqual([{ b64_json: BASE64, revised_prompt: 'a fine cat' }]);
    }
  });

  it('of a provider that answers with addresses are fetched', async () => {
    world.upstream.script('image-openai', byAddress('image-openai'));
    expect((await draw('draw', { response_format: 'b64_json' })).data).toEqual([{ b64_json: BASE64 }]);
    world.upstream.script('image-openai', byAddress('image-openai', '/elsewhere'));
    const { data } = await draw('draw');
    expect(data[0]?.url).toContain(`${world.gateway.origin}/v1/images/files/`);
    expect(Buffer.from(await (await fetch(data[0]?.url ?? '')).arrayBuffer()).equals(PNG)).toBe(true);
    // What fetches brings nothing along.
    const [, fetched] = world.upstream.received('image-openai');
    expect(fetched?.headers.authorization).toBeUndefined();
  });

  it.each([
    ['inside a network', 'http://169.254.169.254/latest/meta-data'],
    ['without encryption', 'http://93.184.216.34/1.png'],
    ['of another kind', 'file:///etc/passwd'],
  ])('at an address %s are not fetched, and cost nothing', async (_, url) => {
    world.upstream.script('image-openai', (response) => json(response, { created: 1, data: [{ url }] }));
    const failure = await draw('draw', { response_format: 'b64_json' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 502, code: 'upstream_invalid_response' });
    const id = (failure as { headers: Headers }).headers.get('x-generation-id') ?? '';
    expect(await receiptById(world, id)).toMatchObject({ status: 'failed', credits_used: 0 });
  });

  it('are not fetched where a redirect leads into a network', async () => {
    world.upstream.script('image-openai', byAddress('image-openai', '/inside'));
    await expect(draw('draw')).rejects.toMatchObject({ status: 502, code: 'upstream_invalid_response' });
  });

  it('come from the next endpoint when the first fails', async () => {
    world.upstream.script('image-openai', (response) => {
      response.writeHead(503).end('{}');
    });
    world.upstream.script('image-backup', inBase64);
    const { data, response } = await draw('draw-pair');
    expect(data[0]?.b64_json).toBe(BASE64);
    expect(response.headers.get('x-fallback-from')).toMatch(/image-openai$/);
  });

  it('of Imagen are asked for in its words', async () => {
    world.upstream.script('image-google', (response) =>
      json(response, { predictions: [{ mimeType: 'image/png', bytesBase64Encoded: BASE64 }] }),
    );
    const { data, response } = await draw('draw-google', { size: '1024x1024' });
    expect(data).toEqual([{ b64_json: BASE64 }]);
    expect(world.upstream.received('image-google')[0]).toMatchObject({ path: '/models/imagen-4.0:predict' });
    expect(response.headers.get('x-credits-used')).toBe('0.04');
  });
});

describe('metering', () => {
  it('goes by the tokens that a provider counted', async () => {
    const caller = await newCaller(world);
    world.upstream.script('image-openai', (response) =>
      json(response, {
        created: 1,
        data: [{ b64_json: BASE64 }],
        usage: {
          input_tokens: 30,
          output_tokens: 4160,
          total_tokens: 4190,
          input_tokens_details: { text_tokens: 10, image_tokens: 20 },
        },
      }),
    );
    const { response } = await draw('draw-tokens', {}, caller);
    expect(world.upstream.received('image-openai')[0]?.json).not.toHaveProperty('response_format');
    // 10 × 5 + 20 × 10 + 4,160 × 40, in millionths of a dollar.
    const cost = 0.16665;
    expect(response.headers.get('x-credits-used')).toBe(String(cost));
    expect(await untilBalance(world, caller, 100 - cost)).toBe(100 - cost);
  });

  it('does not know what pictures cost that are priced by tokens nobody counted', async () => {
    world.upstream.script('image-openai', inBase64);
    const { response } = await draw('draw-tokens');
    expect(response.headers.get('x-credits-used')).toBe('null');
    expect(await receiptOf(world, response)).toMatchObject({
      credits_used: null,
      credits_unknown: 'no_usage',
    });
  });
});
