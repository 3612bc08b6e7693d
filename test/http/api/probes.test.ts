import { describe, expect, it } from 'vitest';
import { call, errorOf, OPERATOR } from '../../support/gateway.ts';

const ECHO = 'demo/echo@demo';
const run = (body: object) => call('POST', '/api/probes', { key: OPERATOR, body });
const resultsOf = (data: { ability: string; result: string }[]) =>
  Object.fromEntries(data.map(({ ability, result }) => [ability, result]));

describe('POST /api/probes', () => {
  it('records what an endpoint makes of each parameter, with the evidence', async () => {
    const abilities = ['tools', 'json_mode', 'streaming_usage'];
    const answer = await run({ endpoint: ECHO, abilities });
    expect(answer.status).toBe(200);
    // The echo says the last message, whatever else is asked of it.
    expect(resultsOf(answer.body.data)).toEqual({
      tools: 'ignored',
      json_mode: 'ignored',
      streaming_usage: 'honoured',
    });
    const [tools] = answer.body.data;
    expect(tools).toEqual({
      endpoint: ECHO,
      ability: 'tools',
      result: 'ignored',
      evidence: expect.stringContaining('What is the weather in Paris?'),
      probed_at: expect.any(Number),
    });
    expect(answer.body.cost_usd).toBeGreaterThan(0);
    expect(answer.body.cost_usd).toBeLessThan(0.001);
    const listed = await call('GET', `/api/probes?endpoint=${encodeURIComponent(ECHO)}`, { key: OPERATOR });
    expect(resultsOf(listed.body.data)).toEqual(resultsOf(answer.body.data));
    const audit = await call('GET', '/api/audit?limit=1', { key: OPERATOR });
    expect(audit.body.data[0]).toMatchObject({ action: 'probe.run', target: ECHO });
  });

  it('sees what a model does that can', async () => {
    const answer = await run({ endpoint: 'demo/tools@demo', abilities: ['tools'] });
    expect(resultsOf(answer.body.data)).toEqual({ tools: 'honoured' });
  });

  it('spends no more than it may, and keeps what was seen before', async () => {
    await run({ endpoint: ECHO, abilities: ['tools'] });
    // Enough for the plain request at its dearest, and not for 800 lines of a manual.
    const answer = await run({ endpoint: ECHO, abilities: ['tools', 'prompt_caching'], max_usd: 0.00015 });
    expect(resultsOf(answer.body.data)).toEqual({ tools: 'ignored', prompt_caching: 'skipped' });
    expect(answer.body.cost_usd).toBeLessThanOrEqual(0.00015);
    const listed = await call('GET', `/api/probes?endpoint=${encodeURIComponent(ECHO)}`, { key: OPERATOR });
    expect(listed.body.data.map(({ ability }: { ability: string }) => ability)).not.toContain(
      'prompt_caching',
    );
    expect(errorOf(await run({ endpoint: ECHO, max_usd: 0.000001 }))).toMatchObject({ param: 'max_usd' });
  });

  it('probes nothing that does not answer a plain request, or that it cannot reckon with', async () => {
    expect(errorOf(await run({ endpoint: 'demo/fail@demo' }))).toMatchObject({ code: 'upstream_error' });
    expect(errorOf(await run({ endpoint: 'demo/echo@nobody' }))).toMatchObject({
      status: 404,
      param: 'endpoint',
    });
    await call('PUT', '/api/providers/priceless', {
      key: OPERATOR,
      body: { base_url: 'http://127.0.0.1:9', wire: 'openai', secret: 'sk-0123456789' },
    });
    await call('PUT', '/api/models/priceless%2Fm', {
      key: OPERATOR,
      body: { kind: 'chat', endpoints: [{ provider: 'priceless', upstream_model: 'm' }] },
    });
    expect(errorOf(await run({ endpoint: 'priceless/m@priceless' }))).toMatchObject({ code: 'conflict' });
  });
});
