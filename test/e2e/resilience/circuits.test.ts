import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Cast, type Stage, startStage } from '../../support/node/faulty/stage.ts';
import { taleOf, tellMe } from '../../support/node/faulty/tale.ts';
import { readStream } from '../../support/node/sse.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

let tales = 0;
async function ask(cast: Cast) {
  const tag = `circuit${++tales}`;
  const messages = [{ role: 'user', content: tellMe(tag) }];
  const response = await stage.chat({ model: cast.model, messages, stream: true });
  const { text } = await readStream(response);
  return { whole: text === taleOf(tag), response };
}

describe.concurrent('the circuit of a provider that is down', () => {
  test.for(['down', 'reset', 'cut-0'])('lets the next request pass it by: %s', async (fault, { expect }) => {
    const cast = await stage.cast([fault, 'ok']);
    await ask(cast);
    const { whole, response } = await ask(cast);
    expect(whole).toBe(true);
    expect(response.headers.get('x-routing-reason')).toBe('circuit_open');
    expect(response.headers.get('x-fallback-from')).toBeNull();
    expect(cast.seen(0)).toHaveLength(1);
  });

  test('lets one request at a time find out whether it is back, and closes when it is', async ({
    expect,
  }) => {
    const cast = await stage.cast(['outage-2', 'ok']);
    await ask(cast);
    const servedBy = async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => ask(cast)));
      expect(answers.every(({ whole }) => whole)).toBe(true);
      return answers.filter(({ response }) => response.headers.get('x-provider-used') === cast.providers[0])
        .length;
    };
    // A crowd all the time: the provider sees the first request and one probe for each pause, until it is well.
    await expect.poll(servedBy, { timeout: 20_000, interval: 50 }).toBe(8);
    const [, second] = cast.seen(0);
    expect((second?.at ?? 0) - (cast.seen(0)[0]?.at ?? 0)).toBeGreaterThan(700);
  });

  test('does not keep from the only provider there is', async ({ expect }) => {
    const cast = await stage.cast(['outage-3']);
    const messages = [{ role: 'user', content: tellMe('only') }];
    const first = await stage.chat({ model: cast.model, messages, stream: true });
    expect(first.status).toBe(503);
    const { text } = await readStream(await stage.chat({ model: cast.model, messages, stream: true }));
    expect(text).toBe(taleOf('only'));
  });

  test('opens by no fault of a request', async ({ expect }) => {
    const cast = await stage.cast(['filter', 'ok']);
    const messages = [{ role: 'user', content: tellMe('filtered') }];
    for (let at = 1; at <= 4; at++) {
      const response = await stage.chat({ model: cast.model, messages });
      expect(response.status).toBe(400);
      expect(cast.seen(0)).toHaveLength(at);
    }
  });
});
