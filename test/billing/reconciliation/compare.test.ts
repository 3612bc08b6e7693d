import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/billing/reconciliation/compare.ts';
import type { StoredEntry } from '../../../src/objects/workspace/types.ts';
import type { Receipt } from '../../../src/telemetry/receipt.ts';

const receipt = (
  credits_used: number | null,
  upstream_cost: number | null = null,
  provider_cost = credits_used,
) => ({ credits_used, upstream_cost, provider_cost }) as Receipt;
const entry = (amount: number): StoredEntry => ({
  sequence: 1,
  id: 'settle:gen_1',
  kind: 'settle',
  amount: -amount,
  reference: 'gen_1',
  createdAt: 0,
});
const kinds = (...sides: Parameters<typeof compare>) => compare(...sides).map(({ kind }) => kind);

describe('the accounts of a generation', () => {
  it('agree', () => {
    expect(compare(receipt(0.000123), entry(123_000))).toEqual([]);
    expect(compare(receipt(8_999_999.123456789), entry(8_999_999_123_456_789))).toEqual([]);
  });

  it('agree about what costs nothing or is not known, on either side', () => {
    expect(compare(receipt(null), entry(0))).toEqual([]);
    expect(compare(receipt(0), null)).toEqual([]);
    expect(compare(receipt(null), null)).toEqual([]);
    expect(compare(null, entry(0))).toEqual([]);
  });

  it('differ by one nano-dollar', () => {
    expect(compare(receipt(0.000123), entry(123_001))).toEqual([
      { kind: 'different_amount', ledgerAmount: 123_001, receiptAmount: 123_000, upstreamAmount: null },
    ]);
    expect(kinds(receipt(null), entry(1))).toEqual(['different_amount']);
  });

  it('lack a side', () => {
    expect(compare(receipt(2), null)).toEqual([
      { kind: 'missing_settlement', ledgerAmount: null, receiptAmount: 2e9, upstreamAmount: null },
    ]);
    expect(compare(null, entry(5))).toEqual([
      { kind: 'missing_receipt', ledgerAmount: 5, receiptAmount: null, upstreamAmount: null },
    ]);
  });

  it.each([
    // Ours, the provider's, whether that is worth a word: over 1 % of the larger.
    [100, 100, false],
    [100, 101, false],
    [100, 101.02, true],
    [100, 99, false],
    [100, 98.99, true],
    [0.00000001, 0.000000019, false],
    [0.00000001, 0.000000021, true],
    [0, 0.01, true],
    [0.01, 0, true],
  ])('of %d USD against %d of the provider differ: %s', (own, upstream, differs) => {
    const found = compare(receipt(own, upstream), entry(Math.round(own * 1e9)));
    expect(found.map(({ kind }) => kind)).toEqual(differs ? ['upstream_cost'] : []);
  });

  it('are compared with the provider’s figure before the margin', () => {
    expect(compare(receipt(1.2, 1, 1), entry(1_200_000_000))).toEqual([]);
    expect(kinds(receipt(1.2, 1.2, 1), entry(1_200_000_000))).toEqual(['upstream_cost']);
  });

  it('differ where the provider knows a cost and we know none', () => {
    expect(compare(receipt(null, 0.5), entry(0))).toEqual([
      { kind: 'upstream_cost', ledgerAmount: null, receiptAmount: null, upstreamAmount: 500_000_000 },
    ]);
  });
});
