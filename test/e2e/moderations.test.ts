import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faults } from '../support/node/openai-schema.ts';
import { receiptOf, untilBalance } from '../support/node/receipts.ts';
import type { Script } from '../support/node/upstream.ts';
import { addModel, addProvider, modelId, newCaller, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  for (const lane of ['mod-one', 'mod-two']) await addProvider(world, lane, 'openai');
  const kind = 'moderation';
  await addModel(world, 'mod-free', ['mod-one', 'mod-two'], { kind, price: { input: 0, output: 0 } });
  await addModel(world, 'mod-priced', ['mod-one'], { kind, price: { input: 0.1, output: 0 } });
});
afterAll(() => world.stop());

const NAMES = [
  'hate',
  'hate/threatening',
  'harassment',
  'harassment/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/intent',
  'self-harm/instructions',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
];

const json = (response: ServerResponse, body: object): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const each = <T>(value: T) => Object.fromEntries(NAMES.map((name) => [name, value]));

/** Flags what has the word `bad` in it, as OpenAI answers. */
const moderates =
  (usage?: object): Script =>
  (response, { json: asked }) => {
    const inputs =
      Array.isArray(asked.input) && typeof asked.input[0] === 'string' ? asked.input : [asked.input];
    json(response, {
      id: 'modr-up',
      model: 'omni-moderation-2024-09-26',
      results: inputs.map((input) => {
        const flagged = JSON.stringify(input).includes('bad');
        return {
          flagged,
          categories: { ...each(false), harassment: flagged },
          category_scores: each(0.01),
          category_applied_input_types: each(['text']),
        };
      }),
      ...(usage ? { usage } : {}),
    });
  };

describe('moderations', () => {
  it('come through the SDK as OpenAI describes them', async () => {
    world.upstream.script('mod-one', moderates());
    const input = ['a bad word', 'a word'];
    const { data, response } = await world.client.moderations
      .create({ model: modelId('mod-free'), input })
      .withResponse();
    expect(data.results.map(({ flagged }) => flagged)).toEqual([true, false]);
    expect(data.results[0]?.categories.harassment).toBe(true);
    expect(faults(data, 'CreateModerationResponse')).toEqual([]);
    const [sent] = world.upstream.received('mod-one');
    expect(sent).toMatchObject({ path: '/moderations', json: { model: 'Up-mod-one', input } });
    expect(faults(sent?.json, 'CreateModerationRequest')).toEqual([]);
    expect(data.id).toBe(response.headers.get('x-generation-id'));
    expect(await receiptOf(world, response)).toMatchObject({
      kind: 'moderation',
      credits_used: 0,
      upstream_id: 'modr-up',
    });
  });

  it('of a picture with its text are one result', async () => {
    world.upstream.script('mod-one', moderates());
    const { results } = await world.client.moderations.create({
      model: modelId('mod-free'),
      input: [
        { type: 'text', text: 'a bad word' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      ],
    });
    expect(results).toHaveLength(1);
  });

  it('come from the next endpoint when the first fails, or mixes up what belongs to what', async () => {
    world.upstream.script('mod-two', moderates());
    for (const broken of [
      (response: ServerResponse) => void response.writeHead(503).end('{}'),
      (response: ServerResponse) => json(response, { id: 'x', model: 'm', results: [] }),
    ]) {
      world.upstream.script('mod-one', broken);
      const { data, response } = await world.client.moderations
        .create({ model: modelId('mod-free'), input: 'bad' })
        .withResponse();
      expect(data.results[0]?.flagged).toBe(true);
      expect(response.headers.get('x-fallback-from')).toMatch(/mod-free@.*mod-one$/);
    }
  });

  it('cost what was counted, else what the text comes to', async () => {
    const caller = await newCaller(world);
    world.upstream.script('mod-one', moderates({ prompt_tokens: 700, total_tokens: 700 }));
    await caller.client.moderations.create({ model: modelId('mod-priced'), input: 'a' });
    // 700 tokens at 0.10 USD per 1M.
    expect(await untilBalance(world, caller, 100 - 0.00007)).toBe(100 - 0.00007);
    world.upstream.script('mod-one', moderates());
    const { response } = await caller.client.moderations
      .create({ model: modelId('mod-priced'), input: 'twelve chars' })
      .withResponse();
    const receipt = await receiptOf(caller, response);
    expect(receipt.usage).toMatchObject({ estimated: true });
    expect(receipt.credits_used).toBe(((receipt.usage?.inputTokens ?? 0) * 100) / 1e9);
  });
});
