import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

const { DB } = env as unknown as Bindings;
const put = (id: string, body: unknown) =>
  call('PUT', `/api/models/${encodeURIComponent(id)}`, { key: OPERATOR, body });
const endpoint = { provider: 'local', upstream_model: 'Acme-1' };

let key = '';
beforeAll(async () => {
  const body = { base_url: 'https://local.example', wire: 'openai', auth: 'none' };
  expect((await call('PUT', '/api/providers/local', { key: OPERATOR, body })).status).toBe(200);
  key = (await newKey((await newWorkspace()).id)).key;
});

describe('the terms of endpoints and the scores of models', () => {
  const terms = {
    quantization: 'fp8',
    data_policy: { training: false, retention_days: 0 },
    deprecated_at: '2027-03-31',
    scales_to_zero: true,
    weight: 2.5,
    regions: ['eu-west-1', 'global'],
  };
  const benchmarks = [
    {
      name: 'SWE-Bench Pro',
      score: 51.9,
      version: '1',
      dataset: 'public',
      metric: 'resolve rate',
      harness: 'Mini-SWE-Agent',
      variant: 'high',
      source: 'https://labs.example/board',
      date: '2026-06-01',
    },
    { name: 'Terminal-Bench', score: 0 },
  ];

  it('are shown as they were declared, and to callers', async () => {
    const declared = await put('acme/termed', {
      kind: 'chat',
      benchmarks,
      endpoints: [{ ...endpoint, ...terms }],
    });
    expect(declared.status).toBe(200);
    for (const { body } of [declared, await call('GET', '/api/models/acme%2Ftermed', { key: OPERATOR })]) {
      expect(body.benchmarks).toEqual(benchmarks);
      expect(body.endpoints[0]).toMatchObject(terms);
    }
    const { regions: _regions, weight: _weight, ...listed } = terms;
    const seen = (await call('GET', '/v1/models/acme/termed', { key })).body;
    expect(seen.benchmarks).toEqual(benchmarks);
    expect(seen.providers[0]).toMatchObject(listed);
    const endpoints = (await call('GET', '/v1/models/acme/termed/endpoints', { key })).body.data;
    expect(endpoints.benchmarks).toEqual(benchmarks);
    expect(endpoints.endpoints[0]).toMatchObject(listed);
    const row = await DB.prepare("SELECT after FROM audit_log WHERE target = 'acme/termed'").first<{
      after: string;
    }>();
    expect(JSON.parse(row?.after ?? '')).toMatchObject({ benchmarks, endpoints: [terms] });
  });

  it('are unknown where they are not declared any more', async () => {
    await put('acme/unsaid', { kind: 'chat', benchmarks, endpoints: [{ ...endpoint, ...terms }] });
    const { body } = await put('acme/unsaid', { kind: 'chat', endpoints: [endpoint] });
    expect(body.benchmarks).toEqual([]);
    expect(body.endpoints[0]).toMatchObject({
      quantization: null,
      data_policy: null,
      deprecated_at: null,
      scales_to_zero: null,
      weight: null,
      regions: [],
    });
  });

  it('keep what was said as no: it is not the same as unknown', async () => {
    const said = { data_policy: { training: true }, scales_to_zero: false, weight: 0 };
    const { body } = await put('acme/said', { kind: 'chat', endpoints: [{ ...endpoint, ...said }] });
    expect(body.endpoints[0]).toMatchObject(said);
  });

  it('of the operator do not stay with a shipped endpoint that is taken back', async () => {
    const before = (await call('GET', '/api/models/openai%2Fgpt-4o', { key: OPERATOR })).body;
    const [{ price }] = before.endpoints;
    const own = { provider: 'openai', upstream_model: 'gpt-4o', price, ...terms };
    await put('openai/gpt-4o', { kind: 'chat', benchmarks, endpoints: [own] });
    await call('DELETE', '/api/models/openai%2Fgpt-4o', { key: OPERATOR });
    expect((await call('GET', '/api/models/openai%2Fgpt-4o', { key: OPERATOR })).body).toEqual(before);
  });

  it('of shipped models are the catalogue’s: scores with their sources', async () => {
    const { body } = await call('GET', '/api/models/anthropic%2Fclaude-opus-4-6', { key: OPERATOR });
    expect(body.benchmarks).toContainEqual({
      name: 'SWE-Bench Pro',
      score: 51.9,
      dataset: 'public',
      metric: 'resolve rate',
      source: 'https://labs.scale.com/leaderboard/swe_bench_pro_public',
    });
    for (const { source } of body.benchmarks) expect(source).toMatch(/^https:\/\//);
  });

  it.each([
    [{ weight: 1001 }, 'invalid_value', 'weight'],
    [{ weight: -1 }, 'invalid_value', 'weight'],
    [{ weight: 'much' }, 'invalid_type', 'weight'],
    [{ deprecated_at: 'soon' }, 'invalid_value', 'deprecated_at'],
    [{ deprecated_at: '2027-02-30' }, 'invalid_value', 'deprecated_at'],
    [{ scales_to_zero: 'yes' }, 'invalid_type', 'scales_to_zero'],
    [{ quantization: 'FP8' }, 'invalid_value', 'quantization'],
    [{ quantization: '' }, 'invalid_value', 'quantization'],
    [{ data_policy: { retention_days: -1 } }, 'invalid_value', 'data_policy.retention_days'],
    [{ data_policy: { trains: true } }, 'unsupported_parameter', 'data_policy.trains'],
    [{ regions: ['EU'] }, 'invalid_value', 'regions[0]'],
    [{ regions: ['eu', 'us east'] }, 'invalid_value', 'regions[1]'],
  ])('refuse %j', async (wrong, code, member) => {
    const answer = await put('acme/refused', { kind: 'chat', endpoints: [{ ...endpoint, ...wrong }] });
    expect(errorOf(answer)).toEqual({ status: 400, code, param: `endpoints[0].${member}` });
    expect(answer.body.error.message).toContain(member);
  });

  it.each([
    [{ name: 'X' }, 'missing_parameter', 'score'],
    [{ name: 'X', score: '9' }, 'invalid_type', 'score'],
    [{ score: 9 }, 'missing_parameter', 'name'],
    [{ name: 'X', score: 9, source: 'ftp://x.example' }, 'invalid_value', 'source'],
    [{ name: 'X', score: 9, date: 'June' }, 'invalid_value', 'date'],
    [{ name: 'X', score: 9, rank: 1 }, 'unsupported_parameter', 'rank'],
  ])('refuse the score %j', async (wrong, code, member) => {
    const answer = await put('acme/refused', { kind: 'chat', benchmarks: [wrong], endpoints: [endpoint] });
    expect(errorOf(answer)).toEqual({ status: 400, code, param: `benchmarks[0].${member}` });
  });
});
