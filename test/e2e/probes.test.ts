import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS } from '../support/node/answers.ts';
import { answer } from '../support/node/scripts.ts';
import { addModel, addProvider, modelId, providerId, startWorld, type World } from '../support/node/world.ts';

const whole = answer(ANSWERS.openai.whole({ text: ['Yes.'], input: 10, output: 2 }));

let world: World;
beforeAll(async () => {
  world = await startWorld();
  for (const lane of ['picky', 'able']) await addProvider(world, lane, 'openai');
  await addModel(world, 'probed', ['picky', 'able']);
  world.upstream.script('able', whole);
  world.upstream.script('picky', (response, request) =>
    ('seed' in request.json
      ? answer({ error: { message: 'Unknown field: seed', type: 'invalid_request_error' } }, 400)
      : whole)(response, request),
  );
});
afterAll(() => world.stop());

test('what a probe has seen decides who serves a request that requires its parameters', async () => {
  const endpoint = `${modelId('probed')}@${providerId('picky')}`;
  const run = await world.api<{ data: { ability: string; result: string }[]; cost_usd: number }>(
    'POST',
    '/api/probes',
    { endpoint, abilities: ['seed'], max_usd: 1 },
  );
  expect(run.data).toMatchObject([{ ability: 'seed', result: 'refused' }]);
  expect(run.cost_usd).toBeGreaterThan(0);

  const body = { model: modelId('probed'), messages: [{ role: 'user', content: 'Hi' }] };
  const plain = await world.chat(body);
  expect(plain.headers.get('x-provider-used')).toBe(providerId('picky'));
  await plain.text();
  world.upstream.script('picky', whole);
  const required = await world.chat({ ...body, seed: 7, require_parameters: true });
  expect(required.status, await required.clone().text()).toBe(200);
  expect(required.headers.get('x-provider-used')).toBe(providerId('able'));
  // It is not tried in vain: it is no candidate.
  expect(required.headers.get('x-fallback-from')).toBeNull();
  expect(world.upstream.received('picky')).toEqual([]);
});
