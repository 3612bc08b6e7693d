import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chargeAtMost } from '../../src/billing/charge.ts';
import { type CostLine, costOf, prices } from '../../src/billing/cost.ts';
import { DEFAULT_PRICING } from '../../src/billing/pricing.ts';
import type { Price } from '../../src/registry/types.ts';
import type { Usage } from '../../src/wires/types.ts';
import { usage } from '../support/usage.ts';

/** USD per 1M tokens as the rate's unit. */
const usd = (dollars: number): number => Math.round(dollars * 1_000_000_000);

const SONNET: Price = {
  input: usd(3),
  output: usd(15),
  cachedInput: usd(0.3),
  cacheWrite: usd(3.75),
  cacheWriteLong: usd(6),
};

describe('costOf', () => {
  const cases: [name: string, usage: Partial<Usage>, price: Price, total: number][] = [
    ['input and output', { inputTokens: 1000, outputTokens: 500 }, SONNET, 3_000_000 + 7_500_000],
    ['one token', { inputTokens: 1 }, { input: usd(0.15), output: 0 }, 150],
    ['a fraction of a nano-dollar rounds half up', { inputTokens: 1 }, { input: 37_500_000, output: 0 }, 38],
    [
      'rounding once, not per line',
      { inputTokens: 1, outputTokens: 1 },
      { input: 400_000, output: 400_000 },
      1,
    ],
    [
      'cache reads and writes are parts of the input',
      { inputTokens: 10_000, cachedInputTokens: 6_000, cacheWriteTokens: 1_000, cacheWriteLongTokens: 500 },
      SONNET,
      2_500 * 3_000 + 6_000 * 300 + 1_000 * 3_750 + 500 * 6_000,
    ],
    [
      'cached input without a rate is input',
      { inputTokens: 10, cachedInputTokens: 10 },
      { input: usd(1), output: 0 },
      10_000,
    ],
    [
      'long cache writes without a rate cost what short ones do',
      { inputTokens: 10, cacheWriteLongTokens: 10 },
      { input: usd(1), output: 0, cacheWrite: usd(1.25) },
      12_500,
    ],
    [
      'reasoning without a rate is output',
      { outputTokens: 100, reasoningTokens: 90 },
      { input: 0, output: usd(2) },
      200_000,
    ],
    [
      'reasoning with a rate',
      { outputTokens: 100, reasoningTokens: 90 },
      { input: 0, output: usd(2), reasoning: usd(3) },
      10 * 2_000 + 90 * 3_000,
    ],
    [
      'audio in and out',
      { inputTokens: 100, inputAudioTokens: 80, outputTokens: 50, outputAudioTokens: 50 },
      { input: usd(1), output: usd(2), inputAudio: usd(32), outputAudio: usd(64) },
      20 * 1_000 + 80 * 32_000 + 50 * 64_000,
    ],
    [
      'a price per request',
      { inputTokens: 10 },
      { input: usd(1), output: 0, perRequest: 5_000_000 },
      5_010_000,
    ],
    [
      'a tier at its size is not reached',
      { inputTokens: 200_000 },
      { input: usd(1.25), output: usd(10), tiers: [{ above: 200_000, input: usd(2.5), output: usd(15) }] },
      250_000_000,
    ],
    [
      'a tier over its size holds for all tokens',
      { inputTokens: 200_001, outputTokens: 10 },
      { input: usd(1.25), output: usd(10), tiers: [{ above: 200_000, input: usd(2.5), output: usd(15) }] },
      200_001 * 2_500 + 10 * 15_000,
    ],
    ['searches', { searches: 3 }, { input: 0, output: 0, perSearch: 2_500_000 }, 7_500_000],
    [
      'searches on top of tokens',
      { searches: 1, inputTokens: 1000 },
      { input: usd(0.05), output: 0, perSearch: 2_000_000 },
      2_050_000,
    ],
    ['a free model', { inputTokens: 1_000_000, outputTokens: 1 }, { input: 0, output: 0 }, 0],
    [
      'a provider that counts more cached tokens than input',
      { inputTokens: 10, cachedInputTokens: 12 },
      SONNET,
      10 * 300,
    ],
    [
      'figures over 2^53 on the way',
      { inputTokens: 10_000_000 },
      { input: usd(600), output: 0 },
      6_000_000_000_000,
    ],
  ];
  for (const [name, counts, price, total] of cases) {
    it(name, () => {
      const cost = costOf(usage(counts), price);
      expect(cost.total).toBe(total);
    });
  }

  it('puts every token on exactly one line', () => {
    const count = fc.nat({ max: 5_000_000 });
    fc.assert(
      fc.property(
        fc.tuple(count, count, count, count, count, count),
        ([input, cached, write, output, reasoning, audio]) => {
          const { lines } = costOf(
            usage({
              inputTokens: input,
              cachedInputTokens: cached,
              cacheWriteTokens: write,
              outputTokens: output,
              reasoningTokens: reasoning,
              outputAudioTokens: audio,
            }),
            { ...SONNET, reasoning: usd(1), outputAudio: usd(2) },
          );
          expect(lines.reduce((sum, line) => sum + line.quantity, 0)).toBe(input + output);
        },
      ),
    );
  });

  it('is within half a nano-dollar of the exact sum', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 2_000_000 }),
        fc.nat({ max: 2_000_000 }),
        fc.nat({ max: 100_000_000_000 }),
        (i, o, rate) => {
          const exact = BigInt(i + o) * BigInt(rate);
          const { total } = costOf(usage({ inputTokens: i, outputTokens: o }), { input: rate, output: rate });
          const error = BigInt(total) * 1_000_000n - exact;
          expect(error <= 500_000n && error > -500_000n).toBe(true);
        },
      ),
    );
  });
});

describe('sound', () => {
  const byCharacter: Price = { input: 0, output: 0, characters: usd(15) };
  const byHour: Price = { input: 0, output: 0, audioHour: 360_000_000 };
  const byTokens: Price = { input: usd(2.5), output: usd(10), inputAudio: usd(6) };

  it.each<[string, Partial<Usage>, Price, CostLine[]]>([
    [
      'characters',
      { characters: 4096 },
      byCharacter,
      [{ unit: 'character', quantity: 4096, rate: usd(15), amount: 61_440_000 }],
    ],
    [
      'a minute',
      { audioMs: 60_000 },
      byHour,
      [{ unit: 'audioMs', quantity: 60_000, rate: 360_000_000, amount: 6_000_000 }],
    ],
    // 1 ms of 0.04 USD an hour is 11.1 nano-dollars.
    [
      'a millisecond',
      { audioMs: 1 },
      { ...byHour, audioHour: 40_000_000 },
      [{ unit: 'audioMs', quantity: 1, rate: 40_000_000, amount: 11 }],
    ],
    [
      'less than is billed at least',
      { audioMs: 4_000 },
      { ...byHour, leastAudioMs: 10_000 },
      [{ unit: 'audioMs', quantity: 10_000, rate: 360_000_000, amount: 1_000_000 }],
    ],
    [
      'tokens of sound, apart from those of text',
      { inputTokens: 300, inputAudioTokens: 250, outputTokens: 100, audioMs: 25_000 },
      byTokens,
      [
        { unit: 'input', quantity: 50, rate: usd(2.5), amount: 125_000 },
        { unit: 'inputAudio', quantity: 250, rate: usd(6), amount: 1_500_000 },
        { unit: 'output', quantity: 100, rate: usd(10), amount: 1_000_000 },
      ],
    ],
  ])('is priced by %s', (_, counts, price, lines) => {
    const cost = costOf(usage(counts), price);
    expect(cost.lines).toEqual(lines);
    expect(cost.total).toBe(lines.reduce((sum, line) => sum + line.amount, 0));
  });

  it('costs what is not known where nobody knows what is priced', () => {
    expect(prices(byHour, usage({ inputTokens: 10, outputTokens: 10 }), 'transcription')).toBe(false);
    expect(prices(byHour, usage({ audioMs: 1, uncounted: true }), 'transcription')).toBe(true);
    expect(prices(byCharacter, usage({ audioMs: 1, uncounted: true }), 'speech')).toBe(false);
    expect(prices(byCharacter, usage({ characters: 1, uncounted: true }), 'speech')).toBe(true);
    expect(prices(byTokens, usage({ audioMs: 1, uncounted: true }), 'transcription')).toBe(false);
    expect(prices({ ...byTokens, audioHour: 1 }, usage({ inputTokens: 10 }), 'transcription')).toBe(false);
  });

  it('is within half a nano-dollar of the exact sum, whatever else is priced', () => {
    const count = fc.nat({ max: 50_000_000 });
    const rate = fc.nat({ max: 100_000_000_000 });
    fc.assert(
      fc.property(count, count, count, rate, rate, rate, (ms, spoken, tokens, hour, characters, input) => {
        const price = { input, output: 0, characters, audioHour: hour };
        const cost = costOf(usage({ audioMs: ms, characters: spoken, inputTokens: tokens }), price);
        // In parts of which a nano-dollar has 3.6 million of millions.
        const perNano = 3_600_000n * 1_000_000n;
        const exact =
          BigInt(ms) * BigInt(hour) * 1_000_000n +
          (BigInt(spoken) * BigInt(characters) + BigInt(tokens) * BigInt(input)) * 3_600_000n;
        const error = BigInt(cost.total) * perNano - exact;
        expect(2n * error <= perNano && 2n * error > -perNano).toBe(true);
        expect(cost.lines.reduce((sum, line) => sum + line.amount, 0)).toBe(cost.total);
      }),
    );
  });

  it('is reserved at no less than it costs', () => {
    const count = fc.nat({ max: 50_000_000 });
    const rate = fc.nat({ max: 100_000_000_000 });
    fc.assert(
      fc.property(count, count, rate, rate, count, (ms, spoken, hour, characters, least) => {
        const price = { input: 0, output: 0, characters, audioHour: hour, leastAudioMs: least };
        const { fixed } = chargeAtMost(0, price, DEFAULT_PRICING, 'a/b', 'operator', {
          audioMs: ms,
          characters: spoken,
        });
        expect(fixed).toBeGreaterThanOrEqual(
          costOf(usage({ audioMs: ms, characters: spoken }), price).total - 1,
        );
      }),
    );
  });
});

describe('pictures', () => {
  const byImage: Price = { input: 0, output: 0, perImage: 40_000_000 };
  const byTokens: Price = { input: usd(5), output: usd(40) };

  it('are priced each, beside the tokens', () => {
    const { total, lines } = costOf(usage({ images: 3, inputTokens: 10 }), {
      ...byTokens,
      ...byImage,
      input: usd(5),
    });
    expect(total).toBe(3 * 40_000_000 + 50_000);
    expect(lines.map(({ unit, quantity }) => [unit, quantity])).toEqual([
      ['input', 10],
      ['image', 3],
    ]);
  });

  it('cost what is not known where tokens are priced that nobody counted', () => {
    const uncounted = usage({ images: 1, uncounted: true });
    expect(prices(byTokens, uncounted, 'image')).toBe(false);
    expect(prices(byImage, uncounted, 'image')).toBe(true);
    expect(prices(byTokens, usage({ images: 1, outputTokens: 10 }), 'image')).toBe(true);
  });

  it('does not say what searches cost that nobody counted, and says it of what is free', () => {
    const bySearch: Price = { input: 0, output: 0, perSearch: 2_000_000 };
    expect(prices(bySearch, usage({ searches: 1, uncounted: true }), 'rerank')).toBe(true);
    expect(prices(bySearch, usage({ inputTokens: 10 }), 'rerank')).toBe(false);
    expect(prices({ ...bySearch, input: usd(1) }, usage({ searches: 1, uncounted: true }), 'rerank')).toBe(
      false,
    );
    expect(prices({ input: 0, output: 0 }, usage({ uncounted: true }), 'moderation')).toBe(true);
    const later: Price = { input: 0, output: 0, tiers: [{ above: 10, input: usd(1), output: 0 }] };
    expect(prices(later, usage({ uncounted: true }), 'rerank')).toBe(false);
  });
});
