import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Circuit, PROBE_MS } from '../../../src/objects/health/circuit.ts';

const START = Date.UTC(2026, 0, 1);
/** No jitter. */
const middle = () => 0.5;

function circuit(): Circuit {
  return new Circuit(undefined, middle);
}

const ok = (one: Circuit, at: number, startedAt = at) => one.record(true, at, startedAt);
const fail = (one: Circuit, at: number, startedAt = at) => one.record(false, at, startedAt);

describe('a circuit', () => {
  it('opens on the first failure where nothing has succeeded within five seconds', () => {
    const one = circuit();
    ok(one, START);
    fail(one, START + 5_001);
    expect(one.position(START + 5_001)).toBe('open');
  });

  it('opens on the third failure in a row where something has', () => {
    const one = circuit();
    ok(one, START);
    fail(one, START + 1);
    fail(one, START + 2);
    ok(one, START + 3);
    fail(one, START + 4);
    fail(one, START + 5);
    expect(one.position(START + 5)).toBe('closed');
    fail(one, START + 6);
    expect(one.position(START + 6)).toBe('open');
  });

  it('cools down for a second, then twice as long each time, up to a minute', () => {
    const one = circuit();
    let now = START;
    const waits: number[] = [];
    for (let time = 0; time < 8; time++) {
      fail(one, now);
      waits.push(one.state.openUntil - now);
      expect(one.position(one.state.openUntil - 1)).toBe('open');
      now = one.state.openUntil;
      expect(one.position(now)).toBe('half_open');
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    ok(one, now);
    expect(one.position(now)).toBe('closed');
    fail(one, now + 6_000);
    expect(one.state.openUntil - now - 6_000).toBe(1_000);
  });

  it('spreads cool-downs by a fifth to both sides', () => {
    for (const [random, expected] of [
      [0, 800],
      [1, 1_200],
    ] as const) {
      const one = new Circuit(undefined, () => random);
      fail(one, START);
      expect(one.state.openUntil - START).toBe(expected);
    }
  });

  it('does not wait longer for the other failures of the same outage', () => {
    const one = circuit();
    fail(one, START);
    for (let i = 1; i < 100; i++) fail(one, START + i);
    expect(one.state).toMatchObject({ level: 1, openUntil: START + 1_000 });
  });

  it('is not closed by a stream that began before it opened', () => {
    const one = circuit();
    fail(one, START);
    ok(one, START + 500, START - 30_000);
    expect(one.position(START + 500)).toBe('open');
    ok(one, START + 1_500, START + 1_200);
    expect(one.position(START + 1_500)).toBe('closed');
  });

  it('lets a single probe through, until it has ended', () => {
    const one = circuit();
    expect(one.claim(START)).toBe(false);
    fail(one, START);
    expect(one.claim(START + 999)).toBe(false);
    expect(one.claim(START + 1_000)).toBe(true);
    expect(one.claim(START + 1_001)).toBe(false);
    one.release();
    expect(one.claim(START + 1_002)).toBe(true);
    // What began before the probe does not end it.
    ok(one, START + 1_003, START - 1);
    expect(one.claim(START + 1_004)).toBe(false);
    expect(one.claim(START + 1_002 + PROBE_MS)).toBe(true);
  });

  it('takes over what others know: that it opened, that it closed, when it last served', () => {
    const others = circuit();
    ok(others, START);
    const mine = circuit();
    mine.adopt(others.state);
    fail(mine, START + 4_000);
    expect(mine.position(START + 4_000)).toBe('closed');
    fail(others, START + 6_000);
    mine.adopt(others.state);
    expect(mine.position(START + 6_000)).toBe('open');
    ok(others, START + 7_000);
    mine.adopt(others.state);
    expect(mine.position(START + 7_000)).toBe('closed');
  });

  it('does not take over what is older than what it knows itself', () => {
    const others = circuit();
    fail(others, START);
    const mine = circuit();
    fail(mine, START);
    ok(mine, START + 1_100);
    mine.adopt(others.state);
    expect(mine.position(START + 1_100)).toBe('closed');
    const served = circuit();
    fail(served, START - 10_000);
    ok(served, START - 8_000);
    fail(mine, START + 10_000);
    mine.adopt(served.state);
    expect(mine.position(START + 10_000)).toBe('open');
  });
});

describe('half-open', () => {
  const step = fc.record({
    after: fc.integer({ min: 0, max: 20_000 }),
    what: fc.constantFrom('claim', 'ok', 'fail', 'release', 'adopt open', 'adopt closed'),
  });

  it('never lets two probes through at once', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 200 }), (steps) => {
        const one = new Circuit(undefined, middle);
        let now = START;
        fail(one, now);
        let probe: number | null = null;
        let claims = 0;
        for (const { after, what } of steps) {
          now += after;
          if (what === 'claim') {
            const wasHalfOpen = one.position(now) === 'half_open';
            if (!one.claim(now)) continue;
            claims++;
            expect(wasHalfOpen).toBe(true);
            expect(probe === null || now - probe >= PROBE_MS).toBe(true);
            probe = now;
          } else if (what === 'adopt open') {
            one.adopt({ ...one.state, level: 1, openedAt: now, openUntil: now + 1_000, closedAt: 0 });
          } else if (what === 'adopt closed') {
            one.adopt({ ...one.state, level: 0, openedAt: 0, openUntil: 0, closedAt: now, lastOkAt: now });
          } else if (probe !== null) {
            if (what === 'release') one.release();
            else one.record(what === 'ok', now, probe);
            probe = null;
          } else if (what === 'fail') {
            fail(one, now, now - 40_000);
          }
        }
        fc.pre(claims > 0);
      }),
    );
  });
});
