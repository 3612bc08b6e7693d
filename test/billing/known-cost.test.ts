import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CostLine, costOf, prices } from '../../src/billing/cost.ts';
import { withMediaRates } from '../../src/providers/media-rates.ts';
import type { ModelKind, Price } from '../../src/registry/types.ts';
import type { Usage } from '../../src/wires/types.ts';
import { usage } from '../support/usage.ts';

const usd = (dollars: number): number => Math.round(dollars * 1_000_000_000);

describe('a cost is known', () => {
  const text: Price = { input: usd(5), output: usd(30), cachedInput: usd(1) };
  const cases: [name: string, ModelKind, Partial<Usage>, Price, known: boolean][] = [
    [
      'of a picture that an image model is given, by its own rate',
      'image',
      { inputTokens: 70, inputImageTokens: 60, images: 1 },
      { ...text, inputImage: usd(8) },
      true,
    ],
    ['not by that of text', 'image', { inputTokens: 70, inputImageTokens: 60, images: 1 }, text, false],
    [
      'not even of pictures alone',
      'image',
      { inputTokens: 60, inputImageTokens: 60, images: 1 },
      text,
      false,
    ],
    [
      'of pictures that a chat is shown, which are input',
      'chat',
      { inputTokens: 70, inputImageTokens: 60 },
      text,
      true,
    ],
    [
      'of the pictures of an image model, which are its output',
      'image',
      { outputTokens: 60, outputImageTokens: 60 },
      text,
      true,
    ],
    [
      'not where it wrote text beside them',
      'image',
      { outputTokens: 70, outputImageTokens: 60 },
      text,
      false,
    ],
    [
      'not of pictures that a chat model draws',
      'chat',
      { outputTokens: 60, outputImageTokens: 60 },
      text,
      false,
    ],
    [
      'of speech, which is output',
      'speech',
      { inputTokens: 5, outputTokens: 60, outputAudioTokens: 60 },
      text,
      true,
    ],
    ['not of speech of a chat model', 'chat', { outputTokens: 70, outputAudioTokens: 60 }, text, false],
    ['not of sound that a chat model hears', 'chat', { inputTokens: 70, inputAudioTokens: 60 }, text, false],
    [
      'of sound alone that is transcribed',
      'transcription',
      { inputTokens: 60, inputAudioTokens: 60 },
      text,
      true,
    ],
    [
      'not with a prompt of text beside it',
      'transcription',
      { inputTokens: 70, inputAudioTokens: 60 },
      text,
      false,
    ],
    [
      'not of cached tokens that may be of pictures too',
      'image',
      { inputTokens: 70, inputImageTokens: 60, cachedInputTokens: 40 },
      { ...text, inputImage: usd(8) },
      false,
    ],
    ['not of pictures that nobody counted', 'chat', { inputTokens: 70 }, { ...text, perImage: 1 }, false],
    [
      'not of tokens that nobody counted, though the minutes are known',
      'transcription',
      { audioMs: 1000, uncounted: true },
      { ...text, audioHour: 1 },
      false,
    ],
    [
      'by the tier that holds',
      'image',
      { inputTokens: 70, inputImageTokens: 60 },
      { ...text, inputImage: usd(8), tiers: [{ above: 50, input: usd(9), output: 0 }] },
      false,
    ],
    [
      'of whatever is free',
      'image',
      { inputTokens: 70, inputImageTokens: 60, uncounted: true },
      { input: 0, output: 0 },
      true,
    ],
  ];
  it.each(cases)('%s', (_, kind, counts, price, known) => {
    expect(prices(price, usage(counts), kind)).toBe(known);
  });

  // Which rate may price which count, by kind of model: written down apart from the code.
  const NATIVE: Partial<Record<ModelKind, CostLine['unit']>> = {
    transcription: 'inputAudio',
    speech: 'outputAudio',
    image: 'outputImage',
  };
  const count = fc.nat({ max: 1000 });
  const rate = fc.option(fc.integer({ min: 1, max: usd(100) }), { nil: undefined });
  const kind = fc.constantFrom<ModelKind>(
    'chat',
    'image',
    'speech',
    'transcription',
    'rerank',
    'embedding',
    'moderation',
  );
  const media = ['inputAudio', 'inputImage', 'outputAudio', 'outputImage'] as const;
  it('only where every unit that was used is charged by a rate of its own', () => {
    let known = 0;
    fc.assert(
      fc.property(
        kind,
        fc.record({
          cachedInputTokens: count,
          inputAudioTokens: count,
          inputImageTokens: count,
          plainInput: count,
          outputAudioTokens: count,
          outputImageTokens: count,
          plainOutput: count,
        }),
        fc.record({
          images: fc.option(count, { nil: undefined }),
          searches: fc.option(count, { nil: undefined }),
          characters: fc.option(count, { nil: undefined }),
          audioMs: fc.option(count, { nil: undefined }),
        }),
        fc.record({
          inputAudio: rate,
          inputImage: rate,
          outputAudio: rate,
          outputImage: rate,
          cachedInput: rate,
          perImage: rate,
          perSearch: rate,
          characters: rate,
          audioHour: rate,
        }),
        fc.boolean(),
        (of, { plainInput, plainOutput, ...parts }, units, rates, uncounted) => {
          const defined = (object: object): object =>
            Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
          const price = { input: 7, output: 9, ...defined(rates) } as Price;
          const used = usage({
            ...parts,
            ...defined(units),
            inputTokens:
              plainInput + parts.cachedInputTokens + parts.inputAudioTokens + parts.inputImageTokens,
            outputTokens: plainOutput + parts.outputAudioTokens + parts.outputImageTokens,
            ...(uncounted ? { uncounted: true } : {}),
          });
          if (!prices(price, used, of)) return;
          known++;
          expect(uncounted).toBe(false);
          const { lines } = costOf(used, price);
          const lineOf = (unit: CostLine['unit']): CostLine | undefined =>
            lines.find((line) => line.unit === unit);
          for (const medium of media) {
            const tokens = used[`${medium}Tokens`];
            if (tokens === 0) continue;
            const line = lineOf(medium);
            if (line) expect(line).toMatchObject({ quantity: tokens, rate: rates[medium] });
            else if (medium === 'inputImage') expect(of).toBe('chat');
            else {
              expect(NATIVE[of]).toBe(medium);
              expect(tokens).toBe(medium.startsWith('input') ? used.inputTokens : used.outputTokens);
            }
          }
          const beside = [
            ['perImage', 'image', units.images],
            ['perSearch', 'search', units.searches],
            ['characters', 'character', units.characters],
            ['audioHour', 'audioMs', units.audioMs],
          ] as const;
          for (const [name, unit, quantity] of beside) {
            if (rates[name] === undefined) continue;
            expect(quantity).toBeDefined();
            expect(lineOf(unit)?.quantity ?? 0).toBe(quantity);
          }
        },
      ),
      { numRuns: 3_000 },
    );
    expect(known).toBeGreaterThan(20);
  });
});

describe('rates that models.dev has no words for', () => {
  it('are added to what it says', () => {
    const price = withMediaRates('openai/gpt-image-2@openai', {
      input: usd(5),
      output: usd(30),
      cachedInput: usd(1.25),
    });
    const edit = usage({
      inputTokens: 70,
      inputImageTokens: 60,
      outputTokens: 1000,
      outputImageTokens: 1000,
      images: 1,
    });
    expect(prices(price, edit, 'image')).toBe(true);
    expect(costOf(edit, price).total).toBe(10 * 5_000 + 60 * 8_000 + 1000 * 30_000);
  });

  it('are not known any more where it says something else by now', () => {
    const other = { input: usd(6), output: usd(30) };
    expect(withMediaRates('openai/gpt-image-2@openai', other)).toEqual(other);
    expect(withMediaRates('openai/gpt-5@openai', other)).toEqual(other);
  });

  it('hold in each tier', () => {
    const tiers = [{ above: 200_000, input: usd(2.5), output: usd(15) }];
    const price = withMediaRates('google/gemini-2.5-pro@google', {
      input: usd(1.25),
      output: usd(10),
      tiers,
    });
    const heard = usage({ inputTokens: 300_000, inputAudioTokens: 290_000 });
    expect(prices(price, heard, 'chat')).toBe(true);
    expect(costOf(heard, price).total).toBe(300_000 * 2_500);
  });
});
