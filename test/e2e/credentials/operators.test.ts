import { afterAll, beforeAll, expect, test } from 'vitest';
import { receiptOf } from '../../support/node/receipts.ts';
import { answer } from '../../support/node/scripts.ts';
import type { Script } from '../../support/node/upstream.ts';
import { modelId, newCaller, providerId, type World } from '../../support/node/world.ts';
import { bring, by, COST, chat, newLane, secretIn, sentTo, worldWithSpare } from './lanes.ts';

let world: World;
beforeAll(async () => {
  world = await worldWithSpare();
});
afterAll(() => world.stop());

test.each([401, 402, 403, 429])(
  'a %i leads to the next credential, and lets the first one rest',
  async (status) => {
    for (const streamed of [true, false]) {
      const lane = `rest-${status}-${streamed}`;
      const [first, second] = [`sk-${lane}-first`, `sk-${lane}-second`];
      await newLane(world, lane, [first, second]);
      world.upstream.script(lane, by({ [first]: status }));
      const response = await chat(world, lane, { streamed });
      expect(response.status).toBe(200);
      expect(response.headers.get('x-provider-used')).toBe(providerId(lane));
      expect(response.headers.get('x-fallback-from')).toBeNull();
      const receipt = await receiptOf(world, response);
      expect(receipt.attempts.map((attempt) => attempt.status)).toEqual([status, 200]);
      expect(receipt).toMatchObject({ fallback_from: [], byok: false, credits_used: COST });
      await (await chat(world, lane, { streamed })).text();
      expect(sentTo(world, lane)).toEqual([first, second, second]);
    }
  },
);

test('when no credential is left, the next endpoint serves', async () => {
  const secrets = ['sk-none-left-1', 'sk-none-left-2'];
  await newLane(world, 'none-left', secrets);
  world.upstream.script('none-left', answer({ error: {} }, 401));
  const response = await chat(world, 'none-left');
  expect(response.headers.get('x-provider-used')).toBe(providerId('spare'));
  expect(response.headers.get('x-fallback-from')).toBe(`${modelId('none-left')}@${providerId('none-left')}`);
  expect(response.headers.get('x-routing-reason')).toBe('fallback_credentials');
  expect(sentTo(world, 'none-left')).toEqual(secrets);
});

test('without fallbacks the other credentials of the endpoint are tried all the same', async () => {
  const secrets = ['sk-alone-1', 'sk-alone-2'];
  await newLane(world, 'alone', secrets);
  world.upstream.script('alone', answer({ error: {} }, 403));
  const response = await chat(world, 'alone', { more: { provider: { allow_fallbacks: false } } });
  expect(response.status).toBe(502);
  expect(sentTo(world, 'alone')).toEqual(secrets);
});

test('a failure of the provider itself does not use up its credentials', async () => {
  await newLane(world, 'broken', ['sk-broken-1', 'sk-broken-2']);
  world.upstream.script('broken', answer('oops', 503));
  const response = await chat(world, 'broken');
  expect(response.headers.get('x-provider-used')).toBe(providerId('spare'));
  expect(sentTo(world, 'broken')).toEqual(['sk-broken-1']);
});

test('a check says in plain words what the provider makes of each credential, and nothing more', async () => {
  const secrets = ['sk-check-good-0123456789', 'sk-check-bad-0123456789', 'sk-check-slow-0123456789'];
  const [good, , slow] = secrets;
  await newLane(world, 'check', secrets);
  const lists =
    (open: boolean): Script =>
    (response, request) => {
      const secret = secretIn(request);
      if (secret === good || (open && secret === 'undefined')) return answer({ data: [] })(response, request);
      const status = secret === slow ? 429 : 401;
      return answer({ error: { message: `Incorrect API key provided: ${secret}` } }, status)(
        response,
        request,
      );
    };
  world.upstream.script('check', lists(false));
  const path = `/api/providers/${providerId('check')}/check`;
  const found = await world.api<{ data: Record<string, unknown>[] }>('POST', path);
  expect(found.data.map(({ result, status, last_four }) => [result, status, last_four])).toEqual([
    ['accepted', 200, '6789'],
    ['refused', 401, '6789'],
    ['limited', 429, '6789'],
  ]);
  const seen = world.upstream.received('check');
  expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual(Array(4).fill('GET /models'));
  expect(seen.map(secretIn).sort()).toEqual([...secrets, 'undefined'].sort());

  // A list that anybody may read says nothing of who asks.
  world.upstream.script('check', lists(true));
  const first = (found.data[0] as { credential: string }).credential;
  const one = await world.api<{ data: { result: string }[] }>('POST', `${path}?credential=${first}`);
  expect(one.data.map(({ result }) => result)).toEqual(['unknown']);

  world.upstream.script('check', answer({ error: {} }, 404));
  const none = await world.api<{ data: { result: string }[] }>('POST', path);
  expect(none.data.map(({ result }) => result)).toEqual(['unknown', 'unknown', 'unknown']);

  // To another host nothing is sent, be it the same provider's.
  world.upstream.script('check', answer('', 307, { location: world.upstream.url('spare') }));
  const before = world.upstream.received('spare').length;
  const away = await world.api<{ data: { result: string }[] }>('POST', path);
  expect(away.data.map(({ result }) => result)).toEqual(['unknown', 'unknown', 'unknown']);
  expect(world.upstream.received('spare')).toHaveLength(before);
  for (const secret of secrets) expect(JSON.stringify([found, one, none, away])).not.toContain(secret);
});

test('a credential is checked when it is entered', async () => {
  await newLane(world, 'entered', []);
  world.upstream.script('entered', answer({ error: {} }, 401));
  const caller = await newCaller(world);
  const made = await bring(world, caller, 'entered', 'sk-entered-0123456789');
  expect(made).toMatchObject({ check: { result: 'refused', status: 401 } });
  expect(JSON.stringify(made)).not.toContain('sk-entered');
  const own = `/api/workspaces/${caller.workspace}/credentials/${made.id}/check`;
  world.upstream.script('entered', by({ undefined: 401 }));
  expect(await world.api('POST', own)).toMatchObject({ credential: made.id, result: 'accepted' });
});
