import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatUsd, MAX_NANO_USD, nanoToUsd, usdToNano } from '../../src/billing/money.ts';

describe('money', () => {
  const cases: [nano: number, text: string][] = [
    [0, '0'],
    [1, '0.000000001'],
    [123_000, '0.000123'],
    [1_000_000_000, '1'],
    [20_500_000_000, '20.5'],
    [-1_500_000_000, '-1.5'],
    [MAX_NANO_USD, '9000000'],
  ];
  for (const [nano, text] of cases)
    it(`formats ${nano} as ${text}`, () => expect(formatUsd(nano)).toBe(text));

  it('loses nothing between nano-USD, USD and text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000_000 }), (nano) => {
        expect(usdToNano(nanoToUsd(nano))).toBe(nano);
        expect(usdToNano(Number(formatUsd(nano)))).toBe(nano);
      }),
    );
  });
});
