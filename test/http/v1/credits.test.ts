import { describe, expect, it } from 'vitest';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import { call, errorOf, OPERATOR } from '../../support/gateway.ts';
import { bindings, chat, keyWith, many } from './limited-keys.ts';

describe('credits', () => {
  it('run dry exactly: what was answered is what was paid', async () => {
    // One answer costs up to 20 tokens of output at 0.4 USD per 1M, and its input.
    const { key, workspace } = await keyWith({}, 0.00004);
    let paid = 0;
    let refused = 0;
    for (let round = 0; round < 4; round++) {
      for (const answer of await many(key, 10)) {
        if (answer.status === 200) paid += Math.round(Number(answer.headers.get('x-credits-used')) * 1e9);
        else {
          refused++;
          expect(errorOf(answer)).toEqual({ status: 402, code: 'insufficient_credits', param: null });
        }
      }
    }
    expect(paid).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    const client = workspaceClient(bindings, workspace);
    await expect.poll(() => client.balance()).toBe(40_000 - paid);
    const entries = await client.entries(0, 1000);
    expect(entries.reduce((sum, entry) => sum + entry.amount, 0)).toBe(40_000 - paid);
  });

  it('are shown, and do not count what is reserved', async () => {
    const { key } = await keyWith({});
    expect((await call('GET', '/v1/credits', { key })).body).toEqual({
      object: 'credits',
      credits: 10,
      currency: 'usd',
    });
    expect(errorOf(await call('GET', '/v1/credits'))).toMatchObject({ status: 401 });
    expect(errorOf(await call('GET', '/v1/credits', { key: OPERATOR }))).toMatchObject({ status: 403 });
    expect(errorOf(await call('POST', '/v1/credits', { key, body: {} }))).toMatchObject({ status: 405 });
  });

  it('are charged with the workspace’s margin, to the nano-dollar', async () => {
    const { key, workspace } = await keyWith({});
    const pricing = { margin_percent: 5, models: [{ model: 'demo/json', margin_percent: 12.5 }] };
    const set = await call('PUT', `/api/workspaces/${workspace}/pricing`, { key: OPERATOR, body: pricing });
    expect(set.body).toEqual({ ...pricing, cached_percent: 10 });
    const answer = await chat(key);
    const receipt = (await call('GET', `/v1/generations/${answer.body.id}`, { key })).body;
    const cost = Math.round(receipt.provider_cost * 1e9);
    expect(Math.round(receipt.credits_used * 1e9)).toBe(Math.floor((cost * 105 + 50) / 100));
    expect(receipt.margin_percent).toBe(5);
    const lines = receipt.cost_lines.map((line: { amount: number }) => line.amount);
    expect(lines.reduce((sum: number, amount: number) => sum + amount, 0)).toBe(
      Math.round(receipt.credits_used * 1e9),
    );
    const other = await chat(key, { model: 'demo-json' });
    expect((await call('GET', `/v1/generations/${other.body.id}`, { key })).body.margin_percent).toBe(12.5);
  });
});
