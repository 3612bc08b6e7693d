import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { signLink } from '../../../src/gateway/images/link.ts';
import { call, errorOf, newKey, newWorkspace, OPERATOR, send } from '../../support/gateway.ts';

const PATH = '/v1/images/generations';
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** The keys that vitest.config.ts gives the Worker. */
const ENCRYPTION_KEY = 'dGVzdHMtb25seS10aGlydHktdHdvLWJ5dGVzLWtleSE=';
const OLD_KEY = 'YW4gb2xkZXIga2V5IG9mIHRoaXJ0eS10d28gYnl0ZXM=';

let workspace = '';
let key = '';
beforeAll(async () => {
  workspace = (await newWorkspace()).id;
  key = (await newKey(workspace)).key;
});
const draw = (body: unknown, headers: Record<string, string> = {}) =>
  call('POST', PATH, { key, body, headers });

/** What is behind the origin of a link. */
const pathOf = (url: string) => url.slice(new URL(url).origin.length);
const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;
const nothing = { status: 404, code: 'not_found', param: null };

describe('POST /v1/images/generations', () => {
  it('answers pictures, and charges for each', async () => {
    const answer = await draw({ model: 'demo-image', prompt: 'a cat', n: 2, response_format: 'b64_json' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-model-used')).toBe('demo/image');
    expect(answer.headers.get('x-credits-used')).toBe('0.02');
    expect(answer.body.created).toEqual(expect.any(Number));
    expect(answer.body.data).toHaveLength(2);
    for (const image of answer.body.data) {
      expect(Object.keys(image)).toEqual(['b64_json']);
      expect([...Buffer.from(image.b64_json, 'base64').subarray(0, 8)]).toEqual(PNG);
    }
    const id = answer.headers.get('x-generation-id');
    const receipt = (await call('GET', `/v1/generations/${id}`, { key })).body;
    expect(receipt).toMatchObject({ kind: 'image', status: 'completed', credits_used: 0.02 });
    expect(receipt.cost_lines).toEqual([
      { unit: 'image', quantity: 2, rate: 10_000_000, amount: 20_000_000 },
    ]);
  });

  it('gives a link to a copy kept here to who wants one', async () => {
    const answer = await draw({
      model: 'demo-image',
      prompt: 'a cat',
      response_format: 'url',
      size: '16x16',
    });
    expect(answer.status).toBe(200);
    const [{ url }] = answer.body.data;
    expect(url).toMatch(
      new RegExp(
        `^http://interline\\.test/v1/images/files/${workspace}/gen_\\w+-0\\.png\\?expires=\\d+&signature=[\\w-]{43}$`,
      ),
    );
    const file = await send('GET', pathOf(url));
    expect(file.status).toBe(200);
    expect(file.headers.get('content-type')).toBe('image/png');
    expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    expect([...new Uint8Array(await file.arrayBuffer()).subarray(0, 8)]).toEqual(PNG);
    const stored = await (env as unknown as Bindings).FILES.list({ prefix: `${workspace}/images/` });
    expect(stored.objects.map((object) => object.key)).toEqual([
      `${workspace}/images/${new URL(url).pathname.split('/').at(-1)}`,
    ]);
  });

  it.each([
    ['', 400, 'invalid_json', null],
    ['{"model":"demo-image"}', 400, 'missing_parameter', 'prompt'],
    ['{"model":"demo-image","prompt":["a"]}', 400, 'invalid_type', 'prompt'],
    ['{"model":"demo-image","prompt":""}', 400, 'invalid_value', 'prompt'],
    ['{"prompt":"a"}', 400, 'missing_parameter', 'model'],
    ['{"model":"demo-image","prompt":"a","n":0}', 400, 'invalid_value', 'n'],
    ['{"model":"demo-image","prompt":"a","n":11}', 400, 'invalid_value', 'n'],
    ['{"model":"demo-image","prompt":"a","n":"2"}', 400, 'invalid_type', 'n'],
    ['{"model":"demo-image","prompt":"a","response_format":"png"}', 400, 'invalid_value', 'response_format'],
    ['{"model":"demo-image","prompt":"a","stream":true,"n":2}', 400, 'unsupported_parameter', 'n'],
    [
      '{"model":"demo-image","prompt":"a","stream":true,"response_format":"url"}',
      400,
      'unsupported_parameter',
      'response_format',
    ],
    ['{"model":"demo-image","prompt":"a","partial_images":4}', 400, 'invalid_value', 'partial_images'],
    ['{"model":"demo-image","prompt":"a","partial_images":"2"}', 400, 'invalid_type', 'partial_images'],
    [
      '{"model":"demo-image","prompt":"a","partial_images":2}',
      400,
      'unsupported_parameter',
      'partial_images',
    ],
    ['{"model":"demo-image","prompt":"a","size":"9000x9000"}', 400, 'upstream_invalid_request', 'size'],
    ['{"model":"demo-embed","prompt":"a"}', 400, 'model_not_supported', 'model'],
    ['{"model":"demo-echo","prompt":"a"}', 400, 'model_not_supported', 'model'],
    ['{"model":"gpt-image-2","prompt":"a"}', 404, 'model_not_available', 'model'],
  ])('refuses %s', async (body, status, code, param) => {
    expect(errorOf(await draw(body))).toEqual({ status, code, param });
  });

  it('says when no format of its providers has a word for pictures', async () => {
    const manage = (path: string, body: object) => call('PUT', path, { key: OPERATOR, body });
    const provider = { base_url: 'https://p.example/v1', wire: 'anthropic', secret: 'sk-1' };
    expect((await manage('/api/providers/wordless', provider)).status).toBe(200);
    const endpoints = [{ provider: 'wordless', upstream_model: 'm', price: { image: 0.01 } }];
    const model = await manage('/api/models/acme%2Fpainter', { kind: 'image', endpoints });
    expect(model.body.endpoints[0].price).toEqual({ input: 0, output: 0, image: 0.01 });
    const answer = await draw({ model: 'acme/painter', prompt: 'a' });
    expect(errorOf(answer)).toEqual({ status: 400, code: 'model_not_supported', param: 'model' });
  });

  it('reserves what pictures may cost', async () => {
    const poor = await call('POST', '/api/workspaces', {
      key: OPERATOR,
      body: { name: 'Poor', credits: 0.015 },
    });
    const own = await newKey(poor.body.id);
    const ask = (n: number) =>
      call('POST', PATH, { key: own.key, body: { model: 'demo-image', prompt: 'a', n } });
    expect(errorOf(await ask(2))).toMatchObject({ status: 402, code: 'insufficient_credits' });
    expect((await ask(1)).status).toBe(200);
  });
});

describe('GET /v1/images/files/{workspace}/{name}', () => {
  const link = async (object: string, expires: number, secret = ENCRYPTION_KEY) =>
    `/v1/images/files/${object}?${await signLink(object.replace('/', '/images/'), secret, expires)}`;

  it('is for those alone who have the link, until it expires', async () => {
    const url = pathOf(
      (await draw({ model: 'demo-image', prompt: 'a', response_format: 'url' })).body.data[0].url,
    );
    const object = url.slice('/v1/images/files/'.length).split('?')[0] ?? '';
    const [, signature = ''] = url.split('signature=');
    const expires = Number(/expires=(\d+)/.exec(url)?.[1]);
    expect(expires - Math.floor(Date.now() / 1000)).toBeGreaterThan(3500);
    const refused = [
      url.split('?')[0] ?? '',
      url.replace(signature, ''),
      url.replace(signature, `${signature.slice(0, -2)}${signature.endsWith('AA') ? 'BB' : 'AA'}`),
      url.replace(`expires=${expires}`, `expires=${expires + 3600}`),
      url.replace(`expires=${expires}`, 'expires=never'),
      url.replace('-0.png', '-1.png'),
      await link(object, Math.floor(Date.now() / 1000) - 1),
      await link(object, inAnHour(), Buffer.alloc(32, 7).toString('base64')),
    ];
    for (const path of refused) expect(errorOf(await call('GET', path))).toEqual(nothing);
    // Neither does a key open it.
    expect(errorOf(await call('GET', refused[0] ?? '', { key }))).toEqual(nothing);
    expect((await send('GET', await link(object, inAnHour()))).status).toBe(200);
    expect((await send('GET', await link(object, inAnHour(), OLD_KEY))).status).toBe(200);
  });

  it('leads to no object of another workspace', async () => {
    const other = await newWorkspace();
    const otherKey = (await newKey(other.id)).key;
    const body = { model: 'demo-image', prompt: 'a', response_format: 'url' };
    const theirs = (await call('POST', PATH, { key: otherKey, body })).body.data[0].url;
    const mine = (await draw(body)).body.data[0].url;
    const swapped = `${theirs.split('?')[0]}?${mine.split('?')[1]}`;
    expect(errorOf(await call('GET', pathOf(swapped)))).toEqual(nothing);
    const climbing = pathOf(mine).replace(`/${workspace}/`, `/${workspace}%2F..%2F${other.id}/`);
    expect(errorOf(await call('GET', climbing))).toEqual(nothing);
  });

  it('is nothing where the object is gone', async () => {
    expect(errorOf(await call('GET', await link(`${workspace}/gen_0-0.png`, inAnHour())))).toEqual(nothing);
  });
});
