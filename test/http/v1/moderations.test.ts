import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

const PATH = '/v1/moderations';

let workspace = '';
let key = '';
beforeAll(async () => {
  workspace = (await newWorkspace()).id;
  key = (await newKey(workspace)).key;
});
const moderate = (body: unknown, headers: Record<string, string> = {}) =>
  call('POST', PATH, { key, body, headers });

describe('POST /v1/moderations', () => {
  it('answers one result for each text, and costs nothing where that is the price', async () => {
    const answer = await moderate({
      model: 'demo-moderation',
      input: ['I will kill the lights.', 'Good morning.'],
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-model-used')).toBe('demo/moderation');
    const id = answer.headers.get('x-generation-id');
    expect(answer.body.id).toBe(id);
    const [first, second] = answer.body.results;
    expect([first.flagged, second.flagged]).toEqual([true, false]);
    expect(first.categories).toMatchObject({ violence: true, hate: false });
    expect(first.category_scores.violence).toBeGreaterThan(second.category_scores.violence);
    // Nobody counts the tokens, which are free: the cost is known all the same.
    expect(answer.headers.get('x-credits-used')).toBe('0');
    const receipt = (await call('GET', `/v1/generations/${id}`, { key })).body;
    expect(receipt).toMatchObject({
      kind: 'moderation',
      status: 'completed',
      credits_used: 0,
      credits_unknown: null,
      usage: { estimated: true },
    });
  });

  it('answers one result for parts that belong together', async () => {
    const input = [
      { type: 'text', text: 'Look at this idiot' },
      { type: 'image_url', image_url: { url: 'https://img.example/a.png' } },
    ];
    const { body } = await moderate({ model: 'demo-moderation', input });
    expect(body.results).toHaveLength(1);
    expect(body.results[0]).toMatchObject({
      flagged: true,
      category_applied_input_types: { harassment: ['text', 'image'] },
    });
  });

  it('asks OpenAI’s usual model where none is named, or what the workspace maps it to', async () => {
    const none = await moderate({ input: 'a' });
    expect(errorOf(none)).toEqual({ status: 404, code: 'model_not_available', param: 'model' });
    expect(none.body.error.message).toContain('openai/omni-moderation-latest');
    const mapped = await call('PUT', '/api/aliases/omni-moderation-latest', {
      key: OPERATOR,
      body: { model: 'demo/moderation', workspace },
    });
    expect(mapped.status).toBe(200);
    const fresh = (await newKey(workspace)).key;
    for (const model of [undefined, null]) {
      const answer = await call('POST', PATH, { key: fresh, body: { input: 'a', model } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-model-used')).toBe('demo/moderation');
    }
  });

  it.each([
    ['', 400, 'invalid_json', null],
    ['[]', 400, 'invalid_type', null],
    ['{"model":"demo-moderation"}', 400, 'missing_parameter', 'input'],
    ['{"model":"demo-moderation","input":null}', 400, 'missing_parameter', 'input'],
    ['{"model":"demo-moderation","input":7}', 400, 'invalid_type', 'input'],
    ['{"model":"demo-moderation","input":{"text":"a"}}', 400, 'invalid_type', 'input'],
    ['{"model":"demo-moderation","input":[]}', 400, 'invalid_value', 'input'],
    ['{"model":"demo-moderation","input":[7]}', 400, 'invalid_type', 'input[0]'],
    ['{"model":"demo-moderation","input":["a",{}]}', 400, 'invalid_type', 'input[1]'],
    ['{"model":"demo-moderation","input":[{"text":"a"}]}', 400, 'invalid_type', 'input[0].type'],
    ['{"model":"demo-moderation","input":[{"type":"text"}]}', 400, 'invalid_type', 'input[0].text'],
    [
      '{"model":"demo-moderation","input":[{"type":"image_url","image_url":"x"}]}',
      400,
      'invalid_type',
      'input[0].image_url',
    ],
    [
      '{"model":"demo-moderation","input":[{"type":"image_url","image_url":{}}]}',
      400,
      'invalid_type',
      'input[0].image_url.url',
    ],
    ['{"model":"","input":"a"}', 400, 'invalid_value', 'model'],
    ['{"model":"demo-moderation","input":"a","stream":true}', 400, 'unsupported_parameter', 'stream'],
    ['{"model":"nope","input":"a"}', 404, 'model_not_found', 'model'],
    ['{"model":"auto","input":"a"}', 400, 'model_not_supported', 'model'],
  ])('refuses %s', async (body, status, code, param) => {
    expect(errorOf(await moderate(body))).toEqual({ status, code, param });
  });

  it('names the endpoint of a model of another kind, here and there', async () => {
    const here = await moderate({ model: 'demo-echo', input: 'a' });
    expect(errorOf(here)).toEqual({ status: 400, code: 'model_not_supported', param: 'model' });
    expect(here.body.error.message).toBe(
      'demo/echo is a chat model. Call it with POST /v1/chat/completions.',
    );
    const there = await call('POST', '/v1/embeddings', {
      key,
      body: { model: 'demo-moderation', input: 'a' },
    });
    expect(there.body.error.message).toBe(
      'demo/moderation is a moderation model. Call it with POST /v1/moderations.',
    );
  });
});
