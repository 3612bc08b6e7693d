import { describe, expect, it } from 'vitest';
import { A, B, fakeTime, type Setup, searchFor } from './search.ts';
import {
  FakeHealth,
  inTime,
  late,
  providers,
  refuses,
  type Script,
  silent,
  streams,
  whole,
} from './support.ts';

fakeTime();

describe('circuits', () => {
  const half = (): FakeHealth => {
    const known = new FakeHealth();
    known.circuits[A.endpoint.id] = 'half_open';
    return known;
  };

  it('that are open are passed over, unless all are', async () => {
    const known = new FakeHealth();
    known.circuits[A.endpoint.id] = 'open';
    providers({ one: [whole('1')], two: [whole('2')] });
    const { trail, find } = searchFor([A, B], { health: known });
    expect((await inTime(find())).candidate).toBe(B);
    expect(trail).toMatchObject({ routingReason: 'circuit_open', fallbackFrom: [] });
    known.circuits[B.endpoint.id] = 'open';
    expect((await inTime(searchFor([A, B], { health: known }).find())).candidate).toBe(A);
  });

  it('that are half-open let one request through at a time', async () => {
    const known = half();
    const asked = providers({ one: [late(500, whole('1'))], two: [whole('2')] });
    const [first, second] = [searchFor([A, B], { health: known }), searchFor([A, B], { health: known })];
    const [one, two] = await inTime(Promise.all([first.find(), second.find()]));
    expect([one?.candidate, two?.candidate]).toEqual([A, B]);
    expect(asked.filter(({ provider }) => provider === 'one')).toHaveLength(1);
    expect(second.trail.routingReason).toBe('circuit_open');
    // What it taught is told when the answer has ended.
    expect(known.claimed).toEqual(new Set([A.endpoint.id]));
  });

  it.each<[string, Script[], Setup, number]>([
    ['the caller was at fault', [refuses(400)], {}, 0],
    ['the credential was at fault', [refuses(401)], {}, 0],
    ['another was first', [silent], { policy: { slo_ms: 50 }, body: { stream: true } }, 0],
    ['it failed', [refuses(503)], {}, 1],
  ])('get their probe back only where it taught nothing: %s', async (_, script, setup, told) => {
    const known = half();
    providers({ one: script, two: [setup.body ? streams('2') : whole('2')] });
    await inTime(
      searchFor([A, B], { ...setup, health: known })
        .find()
        .catch(() => null),
    );
    expect(known.observed).toHaveLength(told);
    expect(known.claimed.has(A.endpoint.id)).toBe(told === 1);
  });

  it('do not take the probe of another request back', async () => {
    const known = half();
    known.claimProbe(A.endpoint.id);
    providers({ two: [refuses(400)] });
    await inTime(
      searchFor([A, B], { health: known })
        .find()
        .catch(() => null),
    );
    expect(known.claimed).toEqual(new Set([A.endpoint.id]));
  });
});
