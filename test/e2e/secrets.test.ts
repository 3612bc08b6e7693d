import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS, joined, streamText } from '../support/node/answers.ts';
import { WIRES } from '../support/node/fixtures.ts';
import { receiptOf } from '../support/node/receipts.ts';
import { answer, either, hangUp, stream, streamInTwo } from '../support/node/scripts.ts';
import type { Script } from '../support/node/upstream.ts';
import {
  addModel,
  addProvider,
  modelId,
  providerId,
  sharedGateway,
  startWorld,
  type World,
} from '../support/node/world.ts';

const SECRET = 'sk-canary-0123456789-never-to-be-seen';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  for (const wire of WIRES) {
    await addProvider(world, `canary-${wire}`, wire, { secret: SECRET });
    await addModel(world, `canary-${wire}`, [`canary-${wire}`]);
  }
  await addProvider(world, 'canary-query', 'openai', {
    secret: SECRET,
    auth: { kind: 'query', name: 'key' },
  });
  await addModel(world, 'canary-query', ['canary-query']);
});
afterAll(() => world.stop());

const LANES = [...WIRES, 'query'] as const;

/** Everything that was shown to anybody: bodies and headers. */
const shown: string[] = [];

async function show(response: Response): Promise<Response> {
  shown.push(JSON.stringify([...response.headers]), await response.clone().text());
  return response;
}

/** What was shown that holds this, by its beginning. */
function holding(secret: string): string[] {
  return shown.filter((text) => text.includes(secret)).map((text) => text.slice(0, 300));
}

/** What a provider does with the secret it was given: says it back wherever it can. */
const TELLTALES: [string, Script][] = [
  ['a refusal', answer({ error: { message: `Incorrect API key provided: ${SECRET}`, type: 'x' } }, 401)],
  ['a bad request', answer({ error: { message: `Request with ${SECRET} is invalid`, param: SECRET } }, 400)],
  ['a failure', answer(`<html>Authorization: Bearer ${SECRET}</html>`, 503)],
  ['headers', answer({ error: {} }, 429, { 'x-echo': SECRET, 'retry-after': '1' })],
  ['an error in a 200', answer({ error: { message: `No ${SECRET}`, code: 400, type: SECRET } })],
  ['a redirect', answer('', 302, { location: `http://127.0.0.1:1/?key=${SECRET}` })],
  ['a hang-up', hangUp],
];

test.each(LANES)('the secret of a provider is sent (%s), and shown to nobody', async (lane) => {
  const wire = lane === 'query' ? 'openai' : lane;
  const says = { text: ['Hello'] };
  const fine = either(answer(ANSWERS[wire].whole(says)), stream(streamText(wire, says)));
  const broken = streamInTwo(joined(ANSWERS[wire].stream(says).head), 'data: x\n\n');
  for (const [what, script] of [['fine', fine], ['broken', broken], ...TELLTALES] as [string, Script][]) {
    world.upstream.script(`canary-${lane}`, script);
    for (const streamed of [true, false]) {
      const response = await show(
        await world.chat({
          model: modelId(`canary-${lane}`),
          stream: streamed,
          policy: { max_attempts: 1 },
          messages: [{ role: 'user', content: 'Hello' }],
        }),
      );
      const [seen] = world.upstream.received(`canary-${lane}`);
      expect(seen?.path + JSON.stringify(seen?.headers), what).toContain(SECRET);
      expect(seen?.path + JSON.stringify(seen?.headers)).not.toContain(world.key);
      const receipt = await receiptOf(world, response);
      expect(receipt.attempts.length, what).toBeGreaterThan(0);
      shown.push(JSON.stringify(receipt));
    }
  }
  expect(holding(SECRET)).toEqual([]);
});

test('neither secrets nor keys can be read again', async () => {
  const asOperator = async (path: string): Promise<void> => {
    await show(
      await fetch(world.gateway.origin + path, {
        headers: { authorization: `Bearer ${world.gateway.adminKey}` },
      }),
    );
  };
  const keys = await world.api<{ data: { id: string }[] }>('GET', '/api/keys');
  await asOperator('/api/keys');
  for (const { id } of keys.data) await asOperator(`/api/keys/${id}`);
  await asOperator('/api/providers');
  for (const lane of LANES) await asOperator(`/api/providers/${providerId(`canary-${lane}`)}`);
  await asOperator(`/api/models/${encodeURIComponent(modelId('canary-openai'))}`);
  await asOperator('/api/audit?limit=200');
  await asOperator('/api/workspaces');
  await show(await world.fetch('/v1/models'));
  await show(await world.fetch('/v1/models', { headers: { authorization: `Bearer ${world.key}x` } }));
  await show(await world.fetch('/api/audit'));

  // Other files share the gateway: theirs may be newer.
  const targets: string[] = [];
  for (let cursor = ''; !targets.includes(providerId('canary-openai')); ) {
    const path = `/api/audit?limit=200${cursor}`;
    await asOperator(path);
    const page = await world.api<{ data: { target: string }[]; next_cursor: string | null }>('GET', path);
    targets.push(...page.data.map(({ target }) => target));
    if (page.next_cursor === null) break;
    cursor = `&cursor=${page.next_cursor}`;
  }
  expect(targets).toContain(providerId('canary-openai'));
  expect(shown.length).toBeGreaterThan(100);
  expect(holding(SECRET)).toEqual([]);
  expect(holding(world.gateway.adminKey)).toEqual([]);
  expect(holding(world.key)).toEqual([]);
});

test('the log of the Worker names faults, and holds none of them', async () => {
  const broken = sharedGateway('without-tables');
  const { adminKey, origin, logFile } = broken;
  const ask = async (path: string, key: string, init: RequestInit): Promise<Response> =>
    show(
      await fetch(origin + path, {
        ...init,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      }),
    );
  const body = JSON.stringify({ base_url: world.upstream.url('x'), wire: 'openai', secret: SECRET });
  const put = await ask('/api/providers/canary', adminKey, { method: 'PUT', body });
  expect(put.status).toBe(503);
  // A fault of storage never looks like a key that is wrong.
  const asked = await ask('/v1/models', world.key, {});
  expect(asked.status).toBe(503);
  expect(await asked.json()).toMatchObject({ error: { code: 'auth_unavailable' } });

  const requestId = put.headers.get('x-request-id');
  await expect.poll(() => readFileSync(logFile, 'utf8')).toContain(requestId);
  const logs = readFileSync(logFile, 'utf8') + readFileSync(world.gateway.logFile, 'utf8');
  for (const secret of [SECRET, world.key, adminKey, world.gateway.adminKey]) {
    expect(logs).not.toContain(secret);
    expect(holding(secret)).toEqual([]);
  }
});
