import { afterAll, beforeAll, describe, test } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import { type Cast, type Stage, startStage } from '../../support/node/faulty/stage.ts';
import { taleOf, tellMe } from '../../support/node/faulty/tale.ts';
import { WIRES, type WireName } from '../../support/node/fixtures.ts';
import { receiptOf } from '../../support/node/receipts.ts';
import { AMID, BEFORE_EITHER_WAY, SHORT_TIMES } from './cases.ts';
import { SURFACES, type Surface } from './surfaces.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(async () => {
  if (stage.simulator.complaints.length > 0) throw new Error(stage.simulator.complaints.join('\n'));
  await stage.stop();
});

let tales = 0;

async function ask(surface: Surface, cast: Cast, stream: boolean) {
  const tag = `api${++tales}`;
  const response = await stage.fetch(surface.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...surface.ask(cast.model, tellMe(tag)), stream, policy: SHORT_TIMES }),
  });
  return { response, told: taleOf(tag) };
}

const NATIVELY_OR_NOT: readonly WireName[] = ['openai', 'anthropic'];

const places = SURFACES.flatMap((surface) => WIRES.map((wire) => ({ surface, wire, path: surface.path })));

describe.concurrent.each(places)('$path to a provider of the $wire wire', ({ surface, wire }) => {
  // What comes before the first word is alike for all wires of a kind: native at one, translated at the other.
  test.for(NATIVELY_OR_NOT.includes(wire) ? BEFORE_EITHER_WAY : [])(
    '$fault ($how): the next one answers, and the client sees nothing of it',
    async ({ fault, errors, how, reason }, { expect }) => {
      const cast = await stage.cast([{ fault, wire }, 'ok']);
      const { response, told } = await ask(surface, cast, how === 'stream');
      expect(response.status).toBe(200);
      if (how === 'stream') {
        const { text, ending, last } = surface.read(await response.text());
        expect({ text, ending }).toEqual({ text: told, ending: 'whole' });
        expect(last).toMatchObject({
          provider_used: cast.providers[1],
          fallback_from: [cast.endpoints[0]],
          credits_used: expect.any(Number),
        });
      } else {
        expect(surface.text((await response.json()) as JsonObject)).toBe(told);
        expect(response.headers.get('x-provider-used')).toBe(cast.providers[1]);
      }
      const receipt = await receiptOf(stage, response);
      expect(receipt.attempts.map(({ error }) => error)).toEqual([...errors, null]);
      expect(receipt).toMatchObject({ status: 'completed', routing_reason: reason });
      expect(cast.seen(1)).toHaveLength(1);
    },
  );

  // Each fault meets each wire, each wire is gone on from by each other.
  const others = AMID.map((entry, index) => ({ ...entry, to: wireAfter(wire, index) }));
  test.for(others)(
    '$fault: one of the $to wire goes on where it broke',
    async ({ fault, errors, reason, to }, { expect }) => {
      const cast = await stage.cast([
        { fault, wire },
        { fault: 'ok', wire: to },
      ]);
      const { response, told } = await ask(surface, cast, true);
      const { text, ending } = surface.read(await response.text());
      expect({ text, ending }).toEqual({ text: told, ending: 'whole' });
      const receipt = await receiptOf(stage, response);
      expect(receipt.attempts.map(({ error, outcome }) => [outcome, error])).toEqual([
        ['cut', errors[0]],
        ['served', null],
      ]);
      expect(receipt).toMatchObject({ status: 'completed', routing_reason: reason });
      const [second] = cast.seen(1);
      expect(second?.given).not.toBe('');
      expect(told.startsWith(second?.given ?? 'nothing')).toBe(true);
    },
  );

  test('all broken: an error in the words of the API, and nothing billed', async ({ expect }) => {
    const cast = await stage.cast([{ fault: 'cut-3', wire }, 'cut-2', 'down']);
    const { response, told } = await ask(surface, cast, true);
    const { text, ending } = surface.read(await response.text());
    expect(ending).toBe('broken');
    expect(text).not.toBe('');
    expect(told.startsWith(text)).toBe(true);
    expect(await receiptOf(stage, response)).toMatchObject({ status: 'failed', credits_used: 0 });
  });

  test('nobody answers: an error before the stream begins', async ({ expect }) => {
    const cast = await stage.cast([{ fault: 'down', wire }, 'reset']);
    const { response } = await ask(surface, cast, true);
    expect(response.status).toBeGreaterThan(499);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toMatchObject({ error: { code: expect.stringMatching(/^upstream_/) } });
  });
});

function wireAfter(wire: WireName, steps: number): WireName {
  return WIRES[(WIRES.indexOf(wire) + steps) % WIRES.length] ?? wire;
}
