import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Stage, startStage } from '../../support/node/faulty/stage.ts';
import { taleOf, tellMe } from '../../support/node/faulty/tale.ts';
import { receiptOf } from '../../support/node/receipts.ts';
import { readStream } from '../../support/node/sse.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(async () => {
  expect(stage.simulator.complaints).toEqual([]);
  await stage.stop();
});

let tales = 0;
async function ask(parts: readonly string[], more: object = {}, init: RequestInit = {}) {
  const cast = await stage.cast(parts);
  const tag = `mode${++tales}`;
  const messages = [{ role: 'user', content: tellMe(tag) }];
  const response = await stage.chat({ model: cast.model, messages, stream: true, ...more }, init);
  return { cast, told: taleOf(tag), response };
}

/** The text of chunks, and where the announcement of a restart stands among them. */
async function readRestarted(response: Response) {
  const events = (await response.text())
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice(6)));
  const at = events.findIndex(({ object }) => object === 'gateway.event');
  const textOf = (chunks: typeof events): string =>
    chunks
      .flatMap(({ choices }) => choices ?? [])
      .map(({ delta }) => delta.content ?? '')
      .join('');
  return {
    announcements: events.filter(({ object }) => object === 'gateway.event'),
    before: textOf(events.slice(0, at)),
    after: textOf(events.slice(at + 1)),
    last: events.at(-1),
    roles: events
      .slice(at + 1)
      .flatMap(({ choices }) => choices)
      .filter(({ delta }) => delta.role).length,
  };
}

describe.concurrent('midstream', () => {
  test.for([
    { how: 'in the policy', more: { policy: { midstream: ['restart'] } }, init: {} },
    { how: 'in the body', more: { midstream: 'restart' }, init: {} },
    { how: 'in a header', more: {}, init: { headers: { 'x-midstream': 'restart, error' } } },
  ])(
    'restart, allowed $how: an announcement, and the whole answer behind it',
    async ({ more, init }, { expect }) => {
      const { cast, told, response } = await ask(['cut-4', 'ok'], more, init);
      const { announcements, before, after, last, roles } = await readRestarted(response);
      expect(announcements).toEqual([
        {
          object: 'gateway.event',
          type: 'restart',
          reason: 'upstream_unreachable',
          id: response.headers.get('x-generation-id'),
          model: cast.model,
        },
      ]);
      expect(told.startsWith(before)).toBe(true);
      expect(before).not.toBe('');
      expect(after).toBe(told);
      expect(roles).toBe(1);
      // 100 tokens at 2 and 120 at 10 USD per 1M: as if the first part had not been.
      expect(last).toMatchObject({ credits_used: 0.0014, fallback_from: [cast.endpoints[0]] });
      const receipt = await receiptOf(stage, response);
      expect(receipt).toMatchObject({ credits_used: 0.0014, routing_reason: 'restarted', parts: [] });
      expect(receipt.attempts[0]).toMatchObject({ outcome: 'cut' });
      expect(receipt.attempts[0]?.provider_cost).toBeGreaterThan(0);
      expect(cast.seen(1)).toMatchObject([{ how: 'plain' }]);
    },
  );

  test('error: an error chunk, and nobody else is asked', async ({ expect }) => {
    const { cast, response } = await ask(['cut-4', 'ok'], { midstream: 'error' });
    const { ending, last } = await readStream(response);
    expect(ending).toBe('error');
    expect(last.error?.code).toBe('upstream_unreachable');
    expect(cast.seen(1)).toEqual([]);
    expect(await receiptOf(stage, response)).toMatchObject({ status: 'failed', credits_used: 0 });
  });

  test('a tool call that has begun is begun anew where that is allowed', async ({ expect }) => {
    const { told, response } = await ask(['call-4', 'ok'], { midstream: ['continue', 'restart'] });
    const { announcements, after } = await readRestarted(response);
    expect(announcements).toHaveLength(1);
    expect(after).toBe(told);
    expect(await receiptOf(stage, response)).toMatchObject({ not_continued: 'tool_call_sent' });
  });

  test.for([
    { what: 'a tool call that has begun', fault: 'call-4', more: {}, reason: 'tool_call_sent' },
    {
      what: 'JSON by a schema',
      fault: 'cut-4',
      more: {
        response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
      },
      reason: 'response_format',
    },
    { what: 'several choices', fault: 'cut-4', more: { n: 2 }, reason: 'several_choices' },
    { what: 'logprobs', fault: 'cut-4', more: { logprobs: true }, reason: 'logprobs' },
  ])(
    '$what: an error chunk, never half an answer that looks whole',
    async ({ fault, more, reason }, { expect }) => {
      const { cast, response } = await ask([fault, 'ok'], more);
      const { ending, finish } = await readStream(response);
      expect(ending).toBe('error');
      expect(finish).toEqual(['error']);
      expect(cast.seen(1)).toEqual([]);
      const receipt = await receiptOf(stage, response);
      expect(receipt).toMatchObject({ status: 'failed', credits_used: 0, not_continued: reason });
    },
  );
});

describe.concurrent('time limits and attempts', () => {
  test('first_token_ms, of a provider that has said no more than a role', async ({ expect }) => {
    const { cast, told, response } = await ask(['stall-0', 'ok'], { policy: { first_token_ms: 1_500 } });
    expect((await readStream(response)).text).toBe(told);
    const receipt = await receiptOf(stage, response);
    expect(receipt.attempts.map(({ error }) => error)).toEqual(['upstream_timeout', null]);
    expect(receipt.attempts[0]?.endpoint).toBe(cast.endpoints[0]);
  });

  test('first_token_ms cuts no whole answer short', async ({ expect }) => {
    const { cast, told, response } = await ask(['slow-1500', 'ok'], {
      stream: false,
      policy: { first_token_ms: 500 },
    });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: told } }] });
    expect(cast.seen(1)).toEqual([]);
  });

  test.for(['mute', 'stall-3'])('total_ms ends all of it: %s', async (fault, { expect }) => {
    const { cast, response } = await ask([fault, fault, 'ok'], {
      policy: { total_ms: 1_500, idle_ms: 5_000, first_token_ms: 5_000 },
    });
    if (fault === 'mute') {
      expect(response.status).toBe(504);
      expect(await response.json()).toMatchObject({ error: { code: 'upstream_timeout' } });
    } else {
      const { ending, last } = await readStream(response);
      expect([ending, last.error?.code]).toEqual(['error', 'upstream_timeout']);
    }
    expect(cast.seen(1)).toEqual([]);
    await cast.seen(0)[0]?.ended;
    expect(await receiptOf(stage, response)).toMatchObject({ status: 'failed', credits_used: 0 });
  });

  test('max_attempts', async ({ expect }) => {
    const { cast, response } = await ask(['down', 'down', 'ok'], { policy: { max_attempts: 2 } });
    expect(response.status).toBe(503);
    expect([0, 1, 2].map((place) => cast.seen(place).length)).toEqual([1, 1, 0]);
    const broken = await ask(['cut-4', 'ok'], { policy: { max_attempts: 1 } });
    expect((await readStream(broken.response)).ending).toBe('error');
    expect(broken.cast.seen(1)).toEqual([]);
  });

  test('a limit of one caller tells others nothing of a provider', async ({ expect }) => {
    const { cast, response } = await ask(['slow-4000', 'ok'], { policy: { first_token_ms: 1_500 } });
    await readStream(response);
    expect(cast.seen(1)).toHaveLength(1);
    const other = await stage.newCaller();
    const messages = [{ role: 'user', content: tellMe('patient') }];
    const patient = await other.chat({ model: cast.model, messages, stream: true });
    expect((await readStream(patient)).text).toBe(taleOf('patient'));
    expect(patient.headers.get('x-provider-used')).toBe(cast.providers[0]);
  });
});
