import { afterAll, beforeAll, expect, test } from 'vitest';
import { receiptOf, untilBalance } from '../../support/node/receipts.ts';
import { addModel, addProvider, newCaller, providerId, type World } from '../../support/node/world.ts';
import { bring, by, COST, chat, fine, newLane, sentTo, worldWithSpare } from './lanes.ts';

let world: World;
beforeAll(async () => {
  world = await worldWithSpare();
});
afterAll(() => world.stop());

test('a credential of the workspace’s own comes first, costs nothing here, and serves nobody else', async () => {
  await newLane(world, 'own', ['sk-own-operators']);
  world.upstream.script('own', fine);
  const [ours, theirs] = [await newCaller(world), await newCaller(world)];
  await bring(world, ours, 'own', 'sk-own-ours-0123456789');
  const response = await chat(world, 'own', { caller: ours });
  expect(response.headers.get('x-credits-used')).toBe('0');
  const receipt = await receiptOf(ours, response);
  expect(receipt).toMatchObject({ byok: true, credits_used: 0, provider_cost: COST, margin_percent: -100 });
  expect(JSON.stringify(receipt)).not.toContain('sk-own-ours');
  const other = await receiptOf(theirs, await chat(world, 'own', { caller: theirs }));
  expect(other).toMatchObject({ byok: false, credits_used: COST });
  expect(sentTo(world, 'own')).toEqual(['sk-own-ours-0123456789', 'sk-own-operators']);
  expect(await untilBalance(world, theirs, 100 - COST)).toBe(100 - COST);
  expect(await untilBalance(world, ours, 100)).toBe(100);
});

test('without a fee an own credential costs nothing, also where the price is not known', async () => {
  await newLane(world, 'no-price', []);
  await addModel(world, 'no-price', ['no-price'], { price: null });
  world.upstream.script('no-price', fine);
  const caller = await newCaller(world);
  await bring(world, caller, 'no-price', 'sk-no-price-own');
  const receipt = await receiptOf(caller, await chat(world, 'no-price', { caller }));
  expect(receipt).toMatchObject({ byok: true, credits_used: 0, credits_unknown: null, provider_cost: null });
});

test('a fee is taken of what the own credential paid for', async () => {
  await newLane(world, 'fee', ['sk-fee-operators']);
  world.upstream.script('fee', fine);
  const caller = await newCaller(world);
  await world.api('PUT', `/api/workspaces/${caller.workspace}/pricing`, {
    margin_percent: 50,
    byok_percent: 5,
  });
  await bring(world, caller, 'fee', 'sk-fee-own');
  const receipt = await receiptOf(caller, await chat(world, 'fee', { caller }));
  // 5 % of the provider's price; the margin is for what the operator pays.
  expect(receipt).toMatchObject({ byok: true, credits_used: 0.00002, margin_percent: -95 });
  expect(await untilBalance(world, caller, 99.99998)).toBe(99.99998);
});

test('an own credential that is refused gives way to the operator’s, at the full price', async () => {
  await newLane(world, 'gives-way', ['sk-way-operators']);
  world.upstream.script('gives-way', by({ 'sk-way-own': 401 }));
  const caller = await newCaller(world);
  await bring(world, caller, 'gives-way', 'sk-way-own');
  const receipt = await receiptOf(caller, await chat(world, 'gives-way', { caller }));
  expect(receipt).toMatchObject({ byok: false, credits_used: COST });
  expect(sentTo(world, 'gives-way')).toEqual(['sk-way-own', 'sk-way-operators']);
});

test('an exclusive one never does, and needs no credits here', async () => {
  await newLane(world, 'exclusive', ['sk-ex-operators']);
  const workspace = await world.api<{ id: string }>('POST', '/api/workspaces', { name: 'Poor', credits: 0 });
  const { key } = await world.api<{ key: string }>('POST', '/api/keys', {
    name: 'k',
    workspace: workspace.id,
  });
  const poor = { ...world, workspace: workspace.id };
  const ask = () =>
    chat(world, 'exclusive', {
      caller: { ...poor, chat: (body) => world.chat(body, { headers: { authorization: `Bearer ${key}` } }) },
      more: { provider: { only: [providerId('exclusive')] } },
    });
  world.upstream.script('exclusive', fine);
  expect((await ask()).status).toBe(402);
  await bring(world, poor, 'exclusive', 'sk-ex-own', { exclusive: true });
  expect((await ask()).status).toBe(200);
  world.upstream.script('exclusive', by({ 'sk-ex-own': 401 }));
  expect((await ask()).status).toBe(502);
  expect(sentTo(world, 'exclusive')).toEqual(['sk-ex-own']);
});

test('a deleted credential serves no more', async () => {
  await newLane(world, 'deleted', ['sk-del-operators']);
  world.upstream.script('deleted', fine);
  const caller = await newCaller(world);
  const { id } = await bring(world, caller, 'deleted', 'sk-del-own');
  await (await chat(world, 'deleted', { caller })).text();
  await world.api('DELETE', `/api/workspaces/${caller.workspace}/credentials/${id}`);
  await (await chat(world, 'deleted', { caller })).text();
  expect(sentTo(world, 'deleted')).toEqual(['sk-del-own', 'sk-del-operators']);
});

test('a credential does not follow its provider to another host', async () => {
  await newLane(world, 'moves', []);
  const caller = await newCaller(world);
  await bring(world, caller, 'moves', 'sk-moves-own', { exclusive: true });
  world.upstream.script('moves', fine);
  await (await chat(world, 'moves', { caller })).text();
  expect(sentTo(world, 'moves')).toEqual(['sk-moves-own']);
  const elsewhere = world.upstream.url('moves').replace('127.0.0.1', 'localhost');
  await addProvider(world, 'moves', 'openai', { base_url: elsewhere, secret: null });
  const response = await chat(world, 'moves', { caller, more: { provider: { allow_fallbacks: false } } });
  expect(response.status).toBe(502);
  expect(((await response.json()) as { error: { code: string } }).error.code).toBe(
    'upstream_credentials_rejected',
  );
  expect(sentTo(world, 'moves')).toEqual(['sk-moves-own']);
});
