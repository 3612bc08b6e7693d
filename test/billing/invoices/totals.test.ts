import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTaxPercent, totalsOf } from '../../../src/billing/invoices/totals.ts';
import type { InvoiceLine } from '../../../src/billing/invoices/types.ts';

const line = (amount: number): InvoiceLine => ({
  project: 'prj_1',
  model: 'm',
  provider: 'p',
  unit: 'input',
  rate: 1,
  quantity: 1,
  requests: 1,
  amount,
});

describe('the totals of an invoice', () => {
  it.each([
    // subtotal, percent, tax: rounded once, half up.
    [100, 19, 19],
    [1, 50, 1],
    [1, 49.9999, 0],
    [3, 50, 2],
    [5, 10, 1],
    [4, 10, 0],
    [123_456_789, 8.875, 10_956_790],
    [1_000_000_000, 0.0001, 1000],
    [0, 20, 0],
    [9_007_199_254, 100, 9_007_199_254],
  ])('take of %d nano-USD at %d %% a tax of %d', (subtotal, percent, amount) => {
    expect(totalsOf([line(subtotal)], { name: 'VAT', percent })).toEqual({
      subtotal,
      tax: { name: 'VAT', percent, amount },
      total: subtotal + amount,
    });
  });

  it('round the tax of the sum, not of the lines', () => {
    expect(totalsOf([line(1), line(1), line(1)], { name: 'T', percent: 40 }).tax?.amount).toBe(1);
  });

  it('take back by a credit note what the invoice took', () => {
    const tax = { name: 'VAT', percent: 7.5 };
    const amounts = fc.array(fc.integer({ min: 0, max: 1e13 }), { maxLength: 20 });
    fc.assert(
      fc.property(amounts, (list) => {
        const invoice = totalsOf(list.map(line), tax);
        const note = totalsOf(
          list.map((amount) => line(-amount)),
          tax,
        );
        expect(note.total + invoice.total).toBe(0);
      }),
    );
  });

  it('are sums, and have no tax where there is none', () => {
    expect(totalsOf([line(2), line(3)], null)).toEqual({ subtotal: 5, tax: null, total: 5 });
    expect(totalsOf([], null)).toEqual({ subtotal: 0, tax: null, total: 0 });
  });

  it('refuse what cannot be held exactly', () => {
    expect(() => totalsOf([line(Number.MAX_SAFE_INTEGER), line(1)], null)).toThrow(RangeError);
  });

  it('know which percentages they can take', () => {
    expect([0, 100, 8.875, 19, 0.0001].every(isTaxPercent)).toBe(true);
    expect([-1, 100.1, 8.87551, Number.NaN, Number.POSITIVE_INFINITY].some(isTaxPercent)).toBe(false);
  });
});
