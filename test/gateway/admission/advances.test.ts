import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Advances } from '../../../src/gateway/admission/advances.ts';
import { ADVANCE_VALID_MS, type Advance, type AdvanceRequest } from '../../../src/objects/workspace/types.ts';

const NAME = 'ws/key';
const KEYS = new Map([[NAME, ['workspace', 'key:k']]]);
const LEASE = 90_000;
const NOW = 1_000_000;

const granted = ({ take }: AdvanceRequest): Advance => ({ open: true, requests: take.requests, left: 1 });

/** One that has an advance in hand, asked for at `NOW`. */
function busy(cost = 10): { advances: Advances; first: AdvanceRequest } {
  const advances = new Advances();
  for (let at = 0; at < 4; at++) expect(advances.draw(NAME, 'm', cost, NOW)).toBeNull();
  const [first] = advances.next(KEYS, LEASE, NOW);
  if (!first) throw new Error('Nothing was asked.');
  advances.answered([NAME], [first], [granted(first)]);
  return { advances, first };
}

describe('advances in hand', () => {
  it('are asked for where requests come close together, for as much as these cost', () => {
    const { first, advances } = busy();
    expect(first).toMatchObject({ sequence: 1, scopes: KEYS.get(NAME), take: { requests: 12, each: 10 } });
    expect(advances.draw(NAME, 'm', 10, NOW)).toEqual({ advance: first.id, amount: 10, model: 'm' });
    const lonely = new Advances();
    lonely.draw(NAME, 'm', 10, NOW);
    expect(lonely.next(KEYS, LEASE, NOW)).toEqual([]);
  });

  it('give no more than was granted, of requests and of money', () => {
    const { advances } = busy();
    let drawn = 0;
    while (advances.draw(NAME, 'm', 10, NOW)) drawn++;
    expect(drawn).toBe(12);
    const { advances: costly } = busy();
    expect(costly.draw(NAME, 'm', 100, NOW)).not.toBeNull();
    expect(costly.draw(NAME, 'm', 21, NOW)).toBeNull();
    expect(costly.draw(NAME, 'm', 20, NOW)).not.toBeNull();
  });

  it('are valid from the question on, not from its answer', () => {
    const { advances, first } = busy();
    expect(advances.draw(NAME, 'm', 1, NOW + ADVANCE_VALID_MS - 1)).not.toBeNull();
    expect(advances.draw(NAME, 'm', 1, NOW + ADVANCE_VALID_MS)).toBeNull();
    // A question that failed and is asked again counts from when it was asked first.
    const [second] = advances.next(KEYS, LEASE, NOW + 100);
    if (!second) throw new Error('Nothing was asked.');
    advances.failed([NAME], [second]);
    expect(advances.next(KEYS, LEASE, NOW + 300)).toEqual([second]);
    advances.answered([NAME], [second], [granted(second)]);
    expect(advances.draw(NAME, 'm', 1, NOW + 100 + ADVANCE_VALID_MS)).toBeNull();
    expect(second).toMatchObject({ id: first.id, sequence: 2 });
  });

  it('are asked for one question at a time', () => {
    const { advances } = busy();
    expect(advances.next(KEYS, LEASE, NOW + 20)).toHaveLength(1);
    expect(advances.next(KEYS, LEASE, NOW + 40)).toEqual([]);
    const [watched] = advances.watch([NAME]);
    expect(watched && advances.giveBack(watched, LEASE, NOW + 40)).toBeNull();
  });

  it('are drawn from no more once they are refused or given back', () => {
    const { advances, first } = busy();
    const [second] = advances.next(KEYS, LEASE, NOW + 20);
    if (!second) throw new Error('Nothing was asked.');
    advances.answered([NAME], [second], [{ open: false, requests: 0, left: 0 }]);
    expect(advances.draw(NAME, 'm', 1, NOW + 20)).toBeNull();
    const [watched] = advances.watch([NAME]);
    expect(advances.watch([NAME])).toEqual([]);
    if (!watched) throw new Error('Nothing to see to.');
    expect(advances.usedFor(watched, NOW + 20)).toBe(0);
    const back = advances.giveBack(watched, LEASE, NOW + 20);
    expect(back).toMatchObject({ id: first.id, sequence: 3, giveBack: { requests: 12, amount: 120 } });
    if (!back) throw new Error('Nothing was given back.');
    advances.answered([NAME], [back], [{ open: false, requests: 0, left: 0 }]);
    expect(advances.usedFor(watched, NOW + 20)).toBeNull();
  });

  it('make way for new ones in time', () => {
    const { advances, first } = busy();
    const [watched] = advances.watch([NAME]);
    if (!watched) throw new Error('Nothing to see to.');
    for (let now = NOW + 20; now < NOW + 60_000; now += 20) {
      advances.draw(NAME, 'm', 10, now);
      advances.draw(NAME, 'm', 10, now);
      const requests = advances.next(KEYS, LEASE, now);
      advances.answered([NAME], requests, requests.map(granted));
      if (advances.usedFor(watched, now) !== 0) continue;
      expect(advances.giveBack(watched, LEASE, now)).toMatchObject({ id: first.id });
      return;
    }
    throw new Error('It was never given back.');
  });

  it('add up with what the object has reserved, whatever is lost on the way', () => {
    const step = fc.record({
      draws: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 8 }),
      answer: fc.constantFrom('granted', 'part', 'refused', 'lost', 'failed'),
      idle: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const advances = new Advances();
        /** At the object: what each advance has, and what it answered. */
        const books = new Map<string, { requests: number; amount: number; answers: Map<number, Advance> }>();
        const drawn = new Map<string, { requests: number; amount: number }>();
        let now = NOW;
        const serve = (requests: AdvanceRequest[], how: string): void => {
          if (requests.length === 0) return;
          if (how === 'failed') advances.failed([NAME], requests);
          if (how === 'failed') return;
          const answers = requests.map((request) => {
            const book = books.get(request.id) ?? { requests: 0, amount: 0, answers: new Map() };
            books.set(request.id, book);
            const { take, giveBack, sequence } = request;
            const before = book.answers.get(sequence);
            if (before) return before;
            book.requests -= giveBack?.requests ?? 0;
            book.amount -= giveBack?.amount ?? 0;
            const part = how === 'part' ? Math.floor(take.requests / 2) : take.requests;
            const more = giveBack || how === 'refused' ? 0 : part;
            book.requests += more;
            book.amount += more * take.each;
            const answer = { open: !giveBack && how !== 'refused', requests: more, left: 1 };
            book.answers.set(sequence, answer);
            return answer;
          });
          if (how === 'lost') advances.failed([NAME], requests);
          else advances.answered([NAME], requests, answers);
        };
        for (const { draws, answer, idle } of steps) {
          for (const cost of draws) {
            const draw = advances.draw(NAME, 'm', cost, now);
            if (!draw) continue;
            const of = drawn.get(draw.advance) ?? { requests: 0, amount: 0 };
            drawn.set(draw.advance, { requests: of.requests + 1, amount: of.amount + draw.amount });
            expect(of.requests + 1).toBeLessThanOrEqual(books.get(draw.advance)?.requests ?? 0);
            expect(of.amount + draw.amount).toBeLessThanOrEqual(books.get(draw.advance)?.amount ?? 0);
          }
          serve(advances.next(KEYS, LEASE, now), answer);
          now += idle ? 400 : 20;
          for (const watched of advances.watch([NAME])) {
            for (let tries = 0; advances.usedFor(watched, now) === 0 && tries < 3; tries++) {
              const back = advances.giveBack(watched, LEASE, now);
              if (back) serve([back], 'granted');
            }
          }
        }
        // Once all has been given back, the object holds what has been drawn, and no more.
        now += 60_000;
        for (let tries = 0; tries < 5; tries++) serve(advances.next(KEYS, LEASE, now + tries), 'granted');
        for (const [id, book] of books) {
          const of = drawn.get(id) ?? { requests: 0, amount: 0 };
          expect({ requests: book.requests, amount: book.amount }).toEqual(of);
        }
      }),
      { numRuns: 300 },
    );
  });
});
