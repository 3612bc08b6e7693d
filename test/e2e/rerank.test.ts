import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receiptById, receiptOf, untilBalance } from '../support/node/receipts.ts';
import type { Script } from '../support/node/upstream.ts';
import {
  addModel,
  addProvider,
  type Caller,
  modelId,
  newCaller,
  providerId,
  startWorld,
  type World,
} from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await addProvider(world, 'rank-openai', 'openai', { quirks: { rerank: { rename: { top_n: 'top_k' } } } });
  await addProvider(world, 'rank-cohere', 'openai', { wire: 'cohere' });
  const kind = 'rerank';
  await addModel(world, 'rank-tokens', ['rank-openai'], { kind, price: { input: 0.05, output: 0 } });
  await addModel(world, 'rank-searches', ['rank-cohere'], { kind, price: { search: 0.0025 } });
  for (const pair of ['rank-pair', 'rank-other-pair'])
    await addModel(world, pair, ['rank-openai', 'rank-cohere'], { kind, price: { search: 0.002 } });
});
afterAll(() => world.stop());

const json = (response: ServerResponse, body: object): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const DOCUMENTS = ['one', 'two', 'three'];

const rank = (caller: Caller, model: string, more: object = {}) =>
  caller.fetch('/v1/rerank', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: modelId(model), query: 'q', documents: DOCUMENTS, ...more }),
  });

/** The later in the request, the more relevant. */
const voyage: Script = (response, { json: asked }) => {
  const documents = asked.documents as string[];
  const data = documents.map((_, index) => ({ index, relevance_score: index / 10 })).reverse();
  json(response, {
    object: 'list',
    data: data.slice(0, (asked.top_k as number | undefined) ?? data.length),
    model: 'rerank-2.5',
    usage: { total_tokens: 1000 },
  });
};
const cohere =
  (meta: object): Script =>
  (response, { json: asked }) => {
    const documents = asked.documents as string[];
    const results = documents.map((_, index) => ({ index, relevance_score: 1 - index / 10 }));
    json(response, { id: 'up', results: results.slice(0, (asked.top_n as number | undefined) ?? 99), meta });
  };

describe('rankings', () => {
  it('are of one shape, and cost what the tokens come to', async () => {
    const caller = await newCaller(world);
    world.upstream.script('rank-openai', voyage);
    const response = await rank(caller, 'rank-tokens', { top_n: 2, return_documents: true });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      id: response.headers.get('x-generation-id'),
      object: 'rerank',
      model: 'rerank-2.5',
      results: [
        { index: 2, relevance_score: 0.2, document: { text: 'three' } },
        { index: 1, relevance_score: 0.1, document: { text: 'two' } },
      ],
      usage: { prompt_tokens: 1000, total_tokens: 1000 },
    });
    expect(world.upstream.received('rank-openai')[0]).toMatchObject({
      path: '/rerank',
      json: { model: 'Up-rank-openai', query: 'q', documents: DOCUMENTS, top_k: 2 },
    });
    // 1,000 tokens at 0.05 USD per 1M.
    expect(await untilBalance(world, caller, 100 - 0.00005)).toBe(100 - 0.00005);
  });

  it('cost what the searches come to, where these are billed', async () => {
    world.upstream.script('rank-cohere', cohere({ billed_units: { search_units: 3 } }));
    const response = await rank(world, 'rank-searches');
    const body = (await response.json()) as { results: object[]; usage: object };
    expect(body.results).toHaveLength(3);
    expect(body.usage).toEqual({ search_units: 3 });
    expect(response.headers.get('x-credits-used')).toBe('0.0075');
    const receipt = await receiptOf(world, response);
    expect(receipt.cost_lines).toEqual([{ unit: 'search', quantity: 3, rate: 2_500_000, amount: 7_500_000 }]);
    expect(receipt.upstream_id).toBe('up');
  });

  it.each([
    ['rank-searches', 'rank-cohere', cohere({})],
    ['rank-tokens', 'rank-openai', cohere({})],
  ])('of %s have no cost that is known when nobody counted', async (model, lane, script) => {
    world.upstream.script(lane, script);
    const response = await rank(world, model);
    expect(response.headers.get('x-credits-used')).toBe('null');
    expect(await receiptOf(world, response)).toMatchObject({
      status: 'completed',
      credits_used: null,
      credits_unknown: 'no_usage',
    });
  });

  it.each<[string, string, (response: ServerResponse) => void]>([
    ['fails', 'rank-pair', (response) => void response.writeHead(503).end('{}')],
    [
      'leaves a document out',
      'rank-other-pair',
      (response) => json(response, { results: [{ index: 0, relevance_score: 1 }] }),
    ],
  ])('come from the next endpoint when the first %s', async (_, model, broken) => {
    world.upstream.script('rank-openai', broken);
    world.upstream.script('rank-cohere', cohere({ billed_units: { search_units: 1 } }));
    const response = await rank(world, model);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-fallback-from')).toBe(`${modelId(model)}@${providerId('rank-openai')}`);
    expect(response.headers.get('x-credits-used')).toBe('0.002');
  });

  it('cost nothing where nobody answers', async () => {
    for (const lane of ['rank-openai', 'rank-cohere'])
      world.upstream.script(lane, (response) => json(response, { results: [] }));
    const response = await rank(world, 'rank-pair');
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: 'upstream_invalid_response' } });
    const id = response.headers.get('x-generation-id') ?? '';
    expect(await receiptById(world, id)).toMatchObject({ status: 'failed', credits_used: 0 });
  });
});
