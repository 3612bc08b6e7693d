import { describe, expect, it } from 'vitest';
import { type Answer, call, errorOf, newKey, OPERATOR, send } from '../../support/gateway.ts';
import { bindings, chat, count, keyWith, many, messages, statuses } from './limited-keys.ts';

describe('rates', () => {
  it('let in exactly what they say, of many that come at once, and tell the truth about it', async () => {
    const { key } = await keyWith({ limits: { requests_per_minute: 7 } });
    const answers = await many(key, 40);
    expect(count(answers, 200)).toBe(7);
    expect(count(answers, 429)).toBe(33);
    const refused = answers.find((answer) => answer.status === 429) as Answer;
    expect(errorOf(refused)).toEqual({ status: 429, code: 'rate_limit_exceeded', param: null });
    expect(refused.body.error.type).toBe('rate_limit_error');
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(61);
    expect(refused.headers.get('x-ratelimit-limit-requests')).toBe('7');
    expect(refused.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(refused.headers.get('x-ratelimit-reset-requests')).toMatch(/^(1m)?[\d.]+s$/);
    const remaining = answers
      .filter((answer) => answer.status === 200)
      .map((answer) => Number(answer.headers.get('x-ratelimit-remaining-requests')));
    expect(remaining.sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('hold for the workspace as a whole, and at once when they are set', async () => {
    const { key, workspace } = await keyWith({});
    expect((await chat(key)).status).toBe(200);
    const limits = { requests_per_minute: 3 };
    await call('PUT', `/api/workspaces/${workspace}/limits`, { key: OPERATOR, body: limits });
    const other = await newKey(workspace);
    const answers = await Promise.all([...Array(5)].flatMap(() => [chat(key), chat(other.key)]));
    expect(count(answers, 200)).toBe(3);
    await call('PUT', `/api/workspaces/${workspace}/limits`, { key: OPERATOR, body: {} });
    expect(count(await many(key, 5), 200)).toBe(5);
  });

  it('count tokens by estimate first and by the answer then', async () => {
    const { key } = await keyWith({ limits: { tokens_per_minute: 200 } });
    const first = await chat(key, { max_tokens: 100 });
    expect(first.status).toBe(200);
    const used = await call('GET', '/v1/key', { key });
    expect(first.headers.get('x-ratelimit-limit-tokens')).toBe('200');
    await expect
      .poll(async () => (await call('GET', '/v1/key', { key })).body.used.tokens_per_minute.remaining)
      .toBe(200 - first.body.usage.total_tokens);
    expect(used.body.used.requests_per_minute).toBeNull();
  });

  it('hold for some models alone', async () => {
    const { key } = await keyWith({ model_limits: [{ models: 'demo/e*', requests_per_minute: 1 }] });
    expect(statuses(await many(key, 3))).toEqual([200, 429, 429]);
    expect(statuses(await many(key, 3, { model: 'demo-json' }))).toEqual([200, 200, 200]);
  });

  it('give concurrent slots back when answers end, break, fail or are left', async () => {
    const { key } = await keyWith({ limits: { concurrent: 1 } });
    for (const model of ['demo-echo', 'demo-break', 'demo-fail', 'demo-echo']) {
      const response = await send('POST', '/v1/chat/completions', {
        key,
        body: { model, messages, stream: true },
      });
      await response.text();
      // At once: who waits for an answer before asking again is never refused for it.
      expect((await chat(key)).status, model).toBe(200);
      expect((await chat(key)).status, model).toBe(200);
    }
    const left = await send('POST', '/v1/chat/completions', {
      key,
      body: { model: 'demo-slow', messages, stream: true },
    });
    expect((await chat(key)).status).toBe(429);
    await left.body?.cancel();
    await expect.poll(async () => (await chat(key)).status, { timeout: 10_000 }).toBe(200);
  }, 30_000);
});

describe('budgets', () => {
  it('of a key are hard, and say which and until when', async () => {
    const { key } = await keyWith({ budgets: [{ window: 'daily', amount_usd: 0.00003 }] });
    const answers = await many(key, 30);
    const refused = answers.filter((answer) => answer.status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(errorOf(answer)).toEqual({ status: 403, code: 'budget_exceeded', param: null });
      expect(answer.body.error.message).toMatch(/daily budget of 0\.00003 USD of the key key_.*resets at 20/);
    }
    const paid = answers.reduce((sum, answer) => sum + Number(answer.headers.get('x-credits-used') ?? 0), 0);
    expect(paid).toBeLessThanOrEqual(0.00003);
    await expect
      .poll(async () => (await call('GET', '/v1/key', { key })).body.used.budgets[0])
      .toMatchObject({
        window: 'daily',
        amount_usd: 0.00003,
        held_usd: 0,
        spent_usd: Number(paid.toFixed(9)),
      });
  });

  it('of a project hold for all its keys', async () => {
    const { key, id, workspace } = await keyWith({});
    const { project } = (await call('GET', `/api/keys/${id}`, { key: OPERATOR })).body;
    const body = { budgets: [{ window: 'total', amount_usd: 0 }] };
    expect((await call('PUT', `/api/projects/${project}/limits`, { key: OPERATOR, body })).status).toBe(200);
    const other = await newKey(workspace);
    for (const each of [key, other.key])
      expect(errorOf(await chat(each))).toMatchObject({ code: 'budget_exceeded' });
  });
});

describe('limits away', () => {
  it('fail closed for money, with 503 and never 401 or 429', async () => {
    const { key, workspace } = await keyWith({});
    const stub = bindings.WORKSPACE.get(bindings.WORKSPACE.idFromName(workspace));
    const { runInDurableObject } = await import('cloudflare:test');
    await runInDurableObject(stub, (_, state) => void state.storage.sql.exec('DROP TABLE holds'));
    expect(errorOf(await chat(key))).toEqual({ status: 503, code: 'limits_unavailable', param: null });
  });
});
