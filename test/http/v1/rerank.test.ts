import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace } from '../../support/gateway.ts';

const PATH = '/v1/rerank';
const DOCUMENTS = ['A cat sat.', { text: 'The mat is where the cat sat.', id: 7 }, 'Money is an integer.'];

let key = '';
beforeAll(async () => {
  key = (await newKey((await newWorkspace()).id)).key;
});
const rank = (body: unknown, headers: Record<string, string> = {}) =>
  call('POST', PATH, { key, body, headers });

describe('POST /v1/rerank', () => {
  it('answers the most relevant first, and charges for a search', async () => {
    const answer = await rank({ model: 'demo-rerank', query: 'cat mat', documents: DOCUMENTS });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-model-used')).toBe('demo/rerank');
    const id = answer.headers.get('x-generation-id');
    expect(answer.body).toMatchObject({ id, object: 'rerank', model: 'demo-rerank' });
    expect(answer.body.results).toEqual([
      { index: 1, relevance_score: 1 },
      { index: 0, relevance_score: 0.5 },
      { index: 2, relevance_score: 0 },
    ]);
    expect(answer.body.usage).toMatchObject({ search_units: 1 });
    expect(answer.headers.get('x-credits-used')).toBe('0.002');
    const receipt = (await call('GET', `/v1/generations/${id}`, { key })).body;
    expect(receipt).toMatchObject({ kind: 'rerank', status: 'completed', credits_used: 0.002 });
    expect(receipt.cost_lines).toContainEqual({
      unit: 'search',
      quantity: 1,
      rate: 2_000_000,
      amount: 2_000_000,
    });
  });

  it('answers as many as were asked for, with the caller’s documents', async () => {
    const { body } = await rank({
      model: 'demo-rerank',
      query: 'cat',
      documents: DOCUMENTS,
      top_n: 2,
      return_documents: true,
    });
    expect(body.results.map(({ document }: { document: unknown }) => document)).toEqual([
      { text: 'A cat sat.' },
      { text: 'The mat is where the cat sat.', id: 7 },
    ]);
    const all = await rank({ model: 'demo-rerank', query: 'cat', documents: DOCUMENTS, top_n: 50 });
    expect(all.body.results).toHaveLength(3);
  });

  it('charges for each hundred documents', async () => {
    const documents = Array.from({ length: 101 }, (_, index) => `document ${index}`);
    const answer = await rank({ model: 'demo-rerank', query: 'document 100', documents, top_n: 1 });
    expect(answer.body.results).toEqual([{ index: 100, relevance_score: 1 }]);
    expect(answer.headers.get('x-credits-used')).toBe('0.004');
  });

  it('keeps to what a policy allows to spend, searches counted', async () => {
    const body = { model: 'demo-rerank', query: 'cat', documents: DOCUMENTS };
    const poor = await rank({ ...body, policy: { max_cost_usd: 0.0019 } });
    expect(errorOf(poor)).toMatchObject({ status: 404, code: 'no_endpoint_satisfies_policy' });
    expect((await rank({ ...body, policy: { max_cost_usd: 0.002 } })).status).toBe(200);
  });

  it.each([
    ['', 400, 'invalid_json', null],
    ['[]', 400, 'invalid_type', null],
    ['{"query":"a","documents":["a"]}', 400, 'missing_parameter', 'model'],
    ['{"model":"demo-rerank","documents":["a"]}', 400, 'missing_parameter', 'query'],
    ['{"model":"demo-rerank","query":"","documents":["a"]}', 400, 'invalid_value', 'query'],
    ['{"model":"demo-rerank","query":["a"],"documents":["a"]}', 400, 'invalid_type', 'query'],
    ['{"model":"demo-rerank","query":"a"}', 400, 'missing_parameter', 'documents'],
    ['{"model":"demo-rerank","query":"a","documents":"a"}', 400, 'invalid_type', 'documents'],
    ['{"model":"demo-rerank","query":"a","documents":[]}', 400, 'invalid_value', 'documents'],
    ['{"model":"demo-rerank","query":"a","documents":["a",7]}', 400, 'invalid_type', 'documents[1]'],
    [
      '{"model":"demo-rerank","query":"a","documents":[{"title":"a"}]}',
      400,
      'invalid_type',
      'documents[0].text',
    ],
    [
      '{"model":"demo-rerank","query":"a","documents":[{"text":"a","image":"b"}]}',
      400,
      'unsupported_parameter',
      'documents[0].image',
    ],
    ['{"model":"demo-rerank","query":"a","documents":["a"],"top_n":0}', 400, 'invalid_value', 'top_n'],
    ['{"model":"demo-rerank","query":"a","documents":["a"],"top_n":1.5}', 400, 'invalid_type', 'top_n'],
    [
      '{"model":"demo-rerank","query":"a","documents":["a"],"max_tokens_per_doc":"9"}',
      400,
      'invalid_type',
      'max_tokens_per_doc',
    ],
    [
      '{"model":"demo-rerank","query":"a","documents":["a"],"return_documents":"yes"}',
      400,
      'invalid_type',
      'return_documents',
    ],
    [
      '{"model":"demo-rerank","query":"a","documents":["a"],"stream":true}',
      400,
      'unsupported_parameter',
      'stream',
    ],
    ['{"model":"nope","query":"a","documents":["a"]}', 404, 'model_not_found', 'model'],
    ['{"model":"auto","query":"a","documents":["a"]}', 400, 'model_not_supported', 'model'],
    ['{"model":"rerank-v3.5","query":"a","documents":["a"]}', 404, 'model_not_available', 'model'],
  ])('refuses %s', async (body, status, code, param) => {
    expect(errorOf(await rank(body))).toEqual({ status, code, param });
  });

  it('names the endpoint of a model of another kind, here and there', async () => {
    const here = await rank({ model: 'demo-embed', query: 'a', documents: ['a'] });
    expect(here.body.error.message).toBe(
      'demo/embed is an embedding model. Call it with POST /v1/embeddings.',
    );
    const there = await call('POST', '/v1/embeddings', { key, body: { model: 'demo-rerank', input: 'a' } });
    expect(errorOf(there)).toEqual({ status: 400, code: 'model_not_supported', param: 'model' });
    expect(there.body.error.message).toBe('demo/rerank is a rerank model. Call it with POST /v1/rerank.');
  });
});
