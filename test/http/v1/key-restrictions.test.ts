import { describe, expect, it } from 'vitest';
import { call, errorOf, newWorkspace, OPERATOR } from '../../support/gateway.ts';
import { bindings, chat, keyWith } from './limited-keys.ts';

describe('what a key may call, from where and until when', () => {
  it('is listed, and everything else is not enabled', async () => {
    const { key, id, workspace } = await keyWith({ models: ['demo/e*', 'demo-json', 'demo/json'] });
    const listed = async () =>
      (await call('GET', '/v1/models', { key })).body.data.map((model: { id: string }) => model.id);
    expect(await listed()).toEqual(['demo/echo', 'demo/json']);
    expect((await chat(key)).status).toBe(200);
    const refused = await chat(key, { model: 'demo-tools' });
    expect(errorOf(refused)).toEqual({ status: 404, code: 'model_not_enabled', param: 'model' });
    expect(refused.body.error.message).toContain(`PATCH /api/keys/${id}`);
    const fallback = await chat(key, { models: ['demo-tools'] });
    expect(errorOf(fallback)).toEqual({ status: 404, code: 'model_not_enabled', param: 'models[0]' });
    expect(errorOf(await call('GET', '/v1/models/demo-tools', { key }))).toMatchObject({
      code: 'model_not_enabled',
    });

    const body = { models: ['demo/json'] };
    await call('PUT', `/api/workspaces/${workspace}/models`, { key: OPERATOR, body });
    expect(await listed()).toEqual(['demo/json']);
    const byWorkspace = await chat(key);
    expect(byWorkspace.body.error.message).toContain(`PUT /api/workspaces/${workspace}/models`);
    await call('PATCH', `/api/keys/${id}`, { key: OPERATOR, body: { models: null } });
    expect(await listed()).toEqual(['demo/json']);
  });

  it('is bound to addresses', async () => {
    const { key } = await keyWith({ allowed_ips: ['192.0.2.0/24', '2001:db8::/32'] });
    const from = (address: string) => chat(key, {}, { 'cf-connecting-ip': address });
    for (const address of ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::1']) {
      expect((await from(address)).status, address).toBe(200);
    }
    for (const address of ['192.0.3.7', '2001:db9::1', 'nonsense']) {
      expect(errorOf(await from(address)), address).toEqual({
        status: 403,
        code: 'ip_not_allowed',
        param: null,
      });
    }
    expect(errorOf(await chat(key))).toMatchObject({ code: 'ip_not_allowed' });
  });

  it('ends when it is said to', async () => {
    const past = Math.floor(Date.now() / 1000) - 1;
    const { id: workspace } = await newWorkspace();
    const body = { name: 'k', workspace, expires_at: past };
    const refused = await call('POST', '/api/keys', { key: OPERATOR, body });
    expect(errorOf(refused)).toEqual({ status: 400, code: 'invalid_value', param: 'expires_at' });
    const { key, id } = await keyWith({ expires_at: past + 1000 });
    expect((await chat(key)).status).toBe(200);
    await bindings.DB.prepare('UPDATE keys SET expires_at = 1 WHERE id = ?').bind(id).run();
    await call('PATCH', `/api/keys/${id}`, { key: OPERATOR, body: { name: 'renamed' } });
    expect(errorOf(await chat(key))).toEqual({ status: 401, code: 'invalid_api_key', param: null });
  });

  it.each([
    [{ limits: { requests_per_minute: 0 } }, 'invalid_value', 'limits.requests_per_minute'],
    [{ limits: { requests_per_minute: 1.5 } }, 'invalid_type', 'limits.requests_per_minute'],
    [{ limits: { tokens_per_minute: -5 } }, 'invalid_value', 'limits.tokens_per_minute'],
    [{ limits: { concurrent: 1e12 } }, 'invalid_value', 'limits.concurrent'],
    [{ limits: { per_hour: 5 } }, 'unsupported_parameter', 'limits.per_hour'],
    [{ budgets: [{ window: 'hourly', amount_usd: 1 }] }, 'invalid_value', 'budgets[0].window'],
    [{ budgets: [{ window: 'daily', amount_usd: -1 }] }, 'invalid_value', 'budgets[0].amount_usd'],
    [{ budgets: [{ window: 'daily', amount_usd: 1e15 }] }, 'invalid_value', 'budgets[0].amount_usd'],
    [
      {
        budgets: [
          { window: 'daily', amount_usd: 1 },
          { window: 'daily', amount_usd: 2 },
        ],
      },
      'invalid_value',
      'budgets[1].window',
    ],
    [{ allowed_ips: ['10.0.0.0/33'] }, 'invalid_value', 'allowed_ips[0]'],
    [{ allowed_ips: ['example.com'] }, 'invalid_value', 'allowed_ips[0]'],
    [{ models: [''] }, 'invalid_value', 'models[0]'],
  ])('is not made with %j', async (restrictions, code, param) => {
    const { id: workspace } = await newWorkspace();
    const body = { name: 'k', workspace, ...restrictions };
    expect(errorOf(await call('POST', '/api/keys', { key: OPERATOR, body }))).toEqual({
      status: 400,
      code,
      param,
    });
  });

  it('cannot be widened by the key itself', async () => {
    const { key, id } = await keyWith({ role: 'admin', models: ['demo/echo'] });
    const more = { name: 'wider' };
    for (const answer of [
      await call('POST', '/api/keys', { key, body: more }),
      await call('PATCH', `/api/keys/${id}`, { key, body: { models: null } }),
    ]) {
      expect(errorOf(answer)).toMatchObject({ status: 403, code: 'permission_denied' });
    }
  });
});
