import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

let key = '';
beforeAll(async () => {
  key = (await newKey((await newWorkspace()).id)).key;
});

describe('GET /v1/models', () => {
  it('lists what can be called now, in OpenAI’s shape and more', async () => {
    const { status, body } = await call('GET', '/v1/models', { key });
    expect(status).toBe(200);
    expect(body.object).toBe('list');
    const ids = body.data.map((model: { id: string }) => model.id);
    // No provider key is configured here: the models of the Worker itself are all there are.
    expect(ids).toContain('demo/echo');
    expect(ids).not.toContain('openai/gpt-4o');
    expect(body.data.find((model: { id: string }) => model.id === 'demo/echo')).toMatchObject({
      object: 'model',
      type: 'model',
      display_name: 'Demo Echo: says the last user message',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT00:00:00Z$/),
      max_input_tokens: 1_000_000,
      max_tokens: 4096,
      created: expect.any(Number),
      owned_by: 'demo',
      context_length: 1_000_000,
      canonical_slug: 'demo/echo',
      name: 'Demo Echo: says the last user message',
      architecture: { modality: 'text->text', input_modalities: ['text'], output_modalities: ['text'] },
      top_provider: { context_length: 1_000_000, max_completion_tokens: 4096, is_moderated: false },
      supported_parameters: ['max_tokens'],
      pricing: { prompt: '0.0000001', completion: '0.0000004' },
      providers: [{ id: 'demo' }],
      slugs: ['demo-echo'],
    });
  });

  it('comes in pages to who asks for them', async () => {
    const page = async (query: string) => (await call('GET', `/v1/models${query}`, { key })).body;
    const { data, ...all } = await page('');
    const ids: string[] = data.map((model: { id: string }) => model.id);
    expect(ids.length).toBeGreaterThan(6);
    expect(all).toEqual({ object: 'list', first_id: ids[0], last_id: ids.at(-1), has_more: false });
    const idsOf = async (query: string) => {
      const { data, has_more, first_id, last_id } = await page(query);
      const names = data.map((model: { id: string }) => model.id);
      expect([first_id, last_id]).toEqual([names[0] ?? null, names.at(-1) ?? null]);
      return [names, has_more];
    };
    expect(await idsOf('?limit=2')).toEqual([ids.slice(0, 2), true]);
    expect(await idsOf(`?limit=2&after_id=${ids[1]}`)).toEqual([ids.slice(2, 4), true]);
    expect(await idsOf(`?limit=1000&after_id=${ids[1]}`)).toEqual([ids.slice(2), false]);
    expect(await idsOf(`?after_id=${ids.at(-1)}`)).toEqual([[], false]);
    expect(await idsOf(`?limit=2&before_id=${ids[4]}`)).toEqual([ids.slice(2, 4), true]);
    expect(await idsOf(`?limit=2&before_id=${ids[1]}`)).toEqual([ids.slice(0, 1), false]);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=many', 'limit'],
    ['after_id=nope', 'after_id'],
    ['after_id=demo/echo&before_id=demo/echo', 'before_id'],
  ])('has no page for ?%s', async (query, param) => {
    const answer = await call('GET', `/v1/models?${query}`, { key });
    expect(errorOf(answer)).toEqual({ status: 400, code: 'invalid_value', param });
  });

  it('answers one model by any of its names', async () => {
    for (const name of ['demo/echo', 'demo%2Fecho', 'demo-echo', 'Demo-Echo']) {
      expect((await call('GET', `/v1/models/${name}`, { key })).body.id).toBe('demo/echo');
    }
  });

  it('tells what is unknown from what nobody can serve', async () => {
    const unknown = await call('GET', '/v1/models/nope', { key });
    expect(errorOf(unknown)).toEqual({ status: 404, code: 'model_not_found', param: 'id' });
    const unserved = await call('GET', '/v1/models/openai/gpt-4o', { key });
    expect(errorOf(unserved)).toEqual({ status: 404, code: 'model_not_available', param: 'id' });
  });

  it('needs a key, and takes no other method', async () => {
    for (const path of ['/v1/models', '/v1/models/demo-echo']) {
      expect(errorOf(await call('GET', path))).toMatchObject({ status: 401, code: 'missing_api_key' });
      expect(errorOf(await call('POST', path, { key, body: {} }))).toMatchObject({ status: 405 });
    }
  });
});

describe('the lists of a declared model', () => {
  const ids = async (query: string): Promise<string[]> => {
    const answer = await call('GET', `/v1/models${query}`, { key });
    return answer.body.data.map((model: { id: string }) => model.id);
  };

  beforeAll(async () => {
    const auth = { kind: 'none' };
    for (const id of ['north', 'south']) {
      const body = { name: id.toUpperCase(), base_url: `https://${id}.example/v1`, wire: 'openai', auth };
      expect((await call('PUT', `/api/providers/${id}`, { key: OPERATOR, body })).status).toBe(200);
    }
    const model = {
      name: 'Seer 1.5',
      kind: 'chat',
      context_length: 128_000,
      max_output_tokens: 8000,
      input_modalities: ['text', 'image', 'pdf'],
      release_date: '2026-01-02',
      slugs: ['seer'],
      endpoints: [
        {
          provider: 'north',
          upstream_model: 'Acme/Seer-1.5',
          price: {
            input: 2.5,
            output: 10,
            cached_input: 0.25,
            per_request: 0.001,
            tiers: [{ above: 64_000, input: 5, output: 20 }],
          },
          regions: ['eu'],
          capabilities: ['tools'],
          max_output_tokens: 4000,
        },
        { provider: 'south', upstream_model: 'seer', regions: ['us'], capabilities: ['reasoning'] },
      ],
    };
    const answer = await call('PUT', '/api/models/acme%2Fseer-1.5', { key: OPERATOR, body: model });
    expect(answer.status).toBe(200);
  });

  it('narrow by modality, provider, region, capability and health', async () => {
    expect(await ids('?modality=image')).toEqual(['acme/seer-1.5', 'demo/image']);
    expect(await ids('?modality=file,image')).toEqual(['acme/seer-1.5']);
    expect(await ids('?modality=video')).toEqual([]);
    expect(await ids('?kind=rerank')).toEqual(['demo/rerank']);
    expect(await ids('?kind=moderation')).toEqual(['demo/moderation']);
    expect(await ids('?kind=image')).toEqual(['demo/image']);
    expect(await ids('?provider=south')).toEqual(['acme/seer-1.5']);
    expect(await ids('?provider=demo-backup')).toEqual(['demo/continued', 'demo/resilient']);
    expect(await ids('?provider=nobody')).toEqual([]);
    expect(await ids('?region=eu')).toEqual(['acme/seer-1.5']);
    expect(await ids('?region=ap')).toEqual([]);
    expect(await ids('?capability=tools')).toEqual(['acme/seer-1.5', 'demo/tools']);
    expect(await ids('?capability=structured_output')).toEqual(['demo/json', 'demo/sloppy']);
    expect(await ids('?health=unknown')).toEqual(await ids(''));
    expect(await ids('?health=down')).toEqual([]);
  });

  it('ask all of one and the same endpoint', async () => {
    expect(await ids('?provider=north&capability=tools&region=eu')).toEqual(['acme/seer-1.5']);
    expect(await ids('?provider=south&capability=tools')).toEqual([]);
    expect(await ids('?capability=tools,reasoning')).toEqual([]);
  });

  it('refuse what they do not know', async () => {
    for (const [param, value] of [
      ['modality', 'smell'],
      ['capability', 'constructor'],
      ['health', 'fine'],
    ]) {
      const answer = await call('GET', `/v1/models?${param}=${value}`, { key });
      expect(errorOf(answer)).toEqual({ status: 400, code: 'invalid_value', param });
    }
  });

  it('are not sent to who has them, until something changes', async () => {
    const first = await call('GET', '/v1/models', { key });
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await call('GET', '/v1/models', { key, headers: { 'if-none-match': known } });
      expect(again.status).toBe(304);
      expect(again.body).toBe('');
      expect(again.headers.get('etag')).toBe(etag);
    }
    const narrowed = await call('GET', '/v1/models?provider=north', {
      key,
      headers: { 'if-none-match': etag },
    });
    expect(narrowed.status).toBe(200);
    const body = { name: 'Later', kind: 'chat', endpoints: [{ provider: 'north', upstream_model: 'later' }] };
    await call('PUT', '/api/models/acme%2Flater', { key: OPERATOR, body });
    const changed = await call('GET', '/v1/models', { key, headers: { 'if-none-match': etag } });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(etag);
  });

  it('name the endpoints in the shape of OpenRouter, and what is known beside', async () => {
    for (const name of ['acme/seer-1.5', 'acme%2Fseer-1.5', 'Seer']) {
      const { status, body } = await call('GET', `/v1/models/${name}/endpoints`, { key });
      expect(status).toBe(200);
      expect(body.data).toMatchObject({
        id: 'acme/seer-1.5',
        name: 'Seer 1.5',
        created: 1_767_312_000,
        architecture: { modality: 'text+image+file->text' },
      });
      expect(body.data.endpoints).toHaveLength(2);
      const [north, south] = body.data.endpoints;
      expect(north).toEqual({
        name: 'NORTH | acme/seer-1.5',
        model_name: 'Seer 1.5',
        provider_name: 'NORTH',
        tag: 'north',
        upstream_model: 'Acme/Seer-1.5',
        context_length: 128_000,
        max_completion_tokens: 4000,
        max_prompt_tokens: null,
        quantization: null,
        data_policy: null,
        deprecated_at: null,
        scales_to_zero: null,
        pricing: {
          prompt: '0.0000025',
          completion: '0.00001',
          input_cache_read: '0.00000025',
          request: '0.001',
        },
        pricing_tiers: [{ above: 64_000, pricing: { prompt: '0.000005', completion: '0.00002' } }],
        price_version: expect.any(String),
        regions: ['eu'],
        capabilities: { tools: true },
        supported_parameters: ['max_tokens', 'tools', 'tool_choice'],
        health: 'unknown',
        status: null,
        uptime_last_30m: null,
        uptime_last_5m: null,
        latency_last_30m: null,
        throughput_last_30m: null,
        latency: null,
        throughput: null,
      });
      expect(south).toMatchObject({ tag: 'south', pricing: null, price_version: null, regions: ['us'] });
    }
    const unknown = await call('GET', '/v1/models/acme/sear-1.5/endpoints', { key });
    expect(errorOf(unknown)).toEqual({ status: 404, code: 'model_not_found', param: 'id' });
    expect(unknown.body.error.message).toContain('Did you mean acme/seer-1.5');
  });

  it('hold what a workspace’s own credentials make callable, for its keys alone', async () => {
    const { id } = await newWorkspace();
    const body = { provider: 'openai', secret: 'sk-own-0123456789' };
    const added = await call('POST', `/api/workspaces/${id}/credentials`, { key: OPERATOR, body });
    expect(added.status).toBe(201);
    const own = (await newKey(id)).key;
    const idsOf = async (caller: string): Promise<string[]> =>
      (await call('GET', '/v1/models?provider=openai', { key: caller })).body.data.map(
        (model: { id: string }) => model.id,
      );
    expect(await idsOf(own)).toContain('openai/gpt-4o');
    expect(await idsOf(key)).toEqual([]);
    expect((await call('GET', '/v1/models/gpt-4o', { key: own })).body.providers[0].id).toBe('openai');
    const other = await call('GET', '/v1/models/gpt-4o', { key });
    expect(errorOf(other)).toMatchObject({ code: 'model_not_available' });
  });

  it('hold what the key may call alone', async () => {
    const { id } = await newWorkspace();
    const body = { name: 'narrow', workspace: id, role: 'inference', models: ['acme/*'] };
    const narrow = (await call('POST', '/api/keys', { key: OPERATOR, body })).body.key;
    const answer = await call('GET', '/v1/models', { key: narrow });
    expect(answer.body.data.map((model: { id: string }) => model.id)).toEqual([
      'acme/later',
      'acme/seer-1.5',
    ]);
    const refused = await call('GET', '/v1/models/demo/echo/endpoints', { key: narrow });
    expect(errorOf(refused)).toMatchObject({ code: 'model_not_enabled' });
  });
});

describe('everything else', () => {
  it('is 404 in the same envelope, and health needs no key', async () => {
    expect((await call('GET', '/health')).body).toEqual({ status: 'ok' });
    expect(errorOf(await call('GET', '/nothing'))).toEqual({ status: 404, code: 'not_found', param: null });
    expect(errorOf(await call('GET', '/v1/nothing', { key }))).toMatchObject({ status: 404 });
    expect(errorOf(await call('GET', '/v1/nothing'))).toMatchObject({ status: 401 });
  });
});
