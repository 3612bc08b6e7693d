import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace } from '../../support/gateway.ts';

const PATH = '/v1/embeddings';

let key = '';
beforeAll(async () => {
  key = (await newKey((await newWorkspace()).id)).key;
});
const embed = (body: unknown, headers: Record<string, string> = {}) =>
  call('POST', PATH, { key, body, headers });

const dot = (a: number[], b: number[]) =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? Number.NaN), 0);

describe('POST /v1/embeddings', () => {
  it('answers in order, and says what served it and what it cost', async () => {
    const answer = await embed({
      model: 'demo-embed',
      input: ['The cat sat on the mat', 'A cat on a mat', 'Money is an integer'],
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-model-used')).toBe('demo/embed');
    expect(answer.headers.get('x-provider-used')).toBe('demo');
    expect(answer.body.object).toBe('list');
    expect(answer.body.data.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
    const [cat, mat, money] = answer.body.data.map(({ embedding }: { embedding: number[] }) => embedding);
    expect(dot(cat, cat)).toBeCloseTo(1, 5);
    expect(dot(cat, mat)).toBeGreaterThan(dot(cat, money) + 0.2);
    // 6 + 5 + 4 words at 0.02 USD per 1M.
    expect(answer.body.usage).toEqual({ prompt_tokens: 15, total_tokens: 15 });
    expect(answer.headers.get('x-credits-used')).toBe('0.0000003');
    const id = answer.headers.get('x-generation-id');
    const receipt = (await call('GET', `/v1/generations/${id}`, { key })).body;
    expect(receipt).toMatchObject({ kind: 'embedding', status: 'completed', credits_used: 0.0000003 });
    expect(receipt.cost_lines).toEqual([{ unit: 'input', quantity: 15, rate: 20_000_000, amount: 300 }]);
  });

  it('writes the same vectors as numbers and as base64', async () => {
    const body = { model: 'demo-embed', input: 'one two', dimensions: 8 };
    const floats = (await embed(body)).body.data[0].embedding;
    const base64 = (await embed({ ...body, encoding_format: 'base64' })).body.data[0].embedding;
    expect(floats).toHaveLength(8);
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    expect([...new Float32Array(bytes.buffer)]).toEqual(floats);
  });

  it.each([
    ['tokens', [101, 102], 1],
    ['lists of tokens', [[101, 102], [103]], 2],
  ])('takes %s', async (_, input, count) => {
    const answer = await embed({ model: 'demo-embed', input });
    expect(answer.status).toBe(200);
    expect(answer.body.data).toHaveLength(count);
  });

  it.each([
    ['', 400, 'invalid_json', null],
    ['[]', 400, 'invalid_type', null],
    ['{"input":"a"}', 400, 'missing_parameter', 'model'],
    ['{"model":"demo-embed"}', 400, 'missing_parameter', 'input'],
    ['{"model":"demo-embed","input":null}', 400, 'missing_parameter', 'input'],
    ['{"model":"demo-embed","input":7}', 400, 'invalid_type', 'input'],
    ['{"model":"demo-embed","input":{"a":1}}', 400, 'invalid_type', 'input'],
    ['{"model":"demo-embed","input":""}', 400, 'invalid_value', 'input'],
    ['{"model":"demo-embed","input":[]}', 400, 'invalid_value', 'input'],
    ['{"model":"demo-embed","input":["a",""]}', 400, 'invalid_value', 'input[1]'],
    ['{"model":"demo-embed","input":["a",[1]]}', 400, 'invalid_type', 'input[1]'],
    ['{"model":"demo-embed","input":[[1],[]]}', 400, 'invalid_value', 'input[1]'],
    ['{"model":"demo-embed","input":[1,1.5]}', 400, 'invalid_type', 'input[1]'],
    ['{"model":"demo-embed","input":[[1],["a"]]}', 400, 'invalid_type', 'input[1][0]'],
    ['{"model":"demo-embed","input":[true]}', 400, 'invalid_type', 'input[0]'],
    ['{"model":"demo-embed","input":"a","encoding_format":"int8"}', 400, 'invalid_value', 'encoding_format'],
    ['{"model":"demo-embed","input":"a","dimensions":0}', 400, 'invalid_value', 'dimensions'],
    ['{"model":"demo-embed","input":"a","dimensions":"8"}', 400, 'invalid_type', 'dimensions'],
    ['{"model":"demo-embed","input":"a","stream":true}', 400, 'unsupported_parameter', 'stream'],
    ['{"model":"nope","input":"a"}', 404, 'model_not_found', 'model'],
    ['{"model":"auto","input":"a"}', 400, 'model_not_supported', 'model'],
    ['{"model":"text-embedding-3-small","input":"a"}', 404, 'model_not_available', 'model'],
  ])('refuses %s', async (body, status, code, param) => {
    expect(errorOf(await embed(body))).toEqual({ status, code, param });
  });

  it('names the endpoint of a model of another kind, here and there', async () => {
    const here = await embed({ model: 'demo-echo', input: 'a' });
    expect(errorOf(here)).toEqual({ status: 400, code: 'model_not_supported', param: 'model' });
    expect(here.body.error.message).toBe(
      'demo/echo is a chat model. Call it with POST /v1/chat/completions.',
    );
    const there = await call('POST', '/v1/chat/completions', {
      key,
      body: { model: 'demo-embed', messages: [{ role: 'user', content: 'a' }] },
    });
    expect(errorOf(there)).toEqual({ status: 400, code: 'model_not_supported', param: 'model' });
    expect(there.body.error.message).toBe(
      'demo/embed is an embedding model. Call it with POST /v1/embeddings.',
    );
  });

  it('keeps to limits, and to what a policy asks', async () => {
    const policy = { max_cost_usd: 0.000_000_000_1 };
    const poor = await embed({ model: 'demo-embed', input: 'a', policy });
    expect(errorOf(poor)).toMatchObject({ status: 404, code: 'no_endpoint_satisfies_policy' });
    const rich = await embed({ model: 'demo-embed', input: 'a', policy: { max_cost_usd: 1 } });
    expect(rich.status).toBe(200);
  });
});
