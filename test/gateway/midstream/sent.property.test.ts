import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Joint } from '../../../src/gateway/midstream/joint.ts';
import { type ContinueHow, splitSent } from '../../../src/gateway/midstream/sent.ts';
import { CREATED, GENERATION_ID } from '../../support/recorded-streams.ts';
import { decoded, inPieces, textOf } from './support.ts';

/** Texts as models write them, and as they seldom do. */
const piece = fc.oneof(
  fc.constantFrom('\n', '\r\n', ' ', '\t', '  \n', '\u00a0', '\u2028'),
  fc.constantFrom('👩‍👧‍👦', '👍🏽', '🇨🇭', 'e\u0301', 'ก็', '한국어', '𝒳'),
  fc.constantFrom('- item\n', 'ha ', '----', '| a | b |\n', '```\n', 'word '),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);
const text = fc.array(piece, { minLength: 1, maxLength: 60 }).map((pieces) => pieces.join(''));
const how = fc.constantFrom<ContinueHow>('prefill', 'instruct');
const share = fc.double({ min: 0, max: 1, noNaN: true });

test('what is given and what is kept are the text, and what is given can be sent', () => {
  fc.assert(
    fc.property(text, share, how, (whole, part, mode) => {
      const sent = whole.slice(0, Math.ceil(whole.length * part));
      const { given, kept } = splitSent(sent, mode);
      expect(given + kept).toBe(sent);
      expect(given).toSatisfy((told: string) => told === '' || told.trim() !== '');
      expect(/[\uD800-\uDBFF]$/.test(given)).toBe(false);
      if (mode === 'prefill') expect(given).toBe(given.trimEnd());
      else if (given !== '') expect(kept).toMatch(/^[\uD800-\uDBFF]?$/);
    }),
  );
});

/** Whether a text, by chance, goes on with what could as well be overlap: none can tell them apart. */
function isAmbiguous(sent: string, missing: string, mode: ContinueHow): boolean {
  const { given } = splitSent(sent, mode);
  if (given.length >= 16 && missing.startsWith(given)) return true;
  if (mode === 'prefill') return false;
  for (let at = 0; at <= sent.length - 16; at++) if (missing.startsWith(sent.slice(at))) return true;
  return false;
}

test('any text, cut anywhere, is whole again when it is gone on with exactly', () => {
  fc.assert(
    fc.property(
      text,
      share,
      how,
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
      (whole, part, mode, sizes) => {
        const sent = whole.slice(0, Math.ceil(whole.length * part));
        const missing = whole.slice(splitSent(sent, mode).given.length);
        fc.pre(sent !== '' && !isAmbiguous(sent, missing, mode));
        const joint = new Joint({ sent, how: mode, id: GENERATION_ID, created: CREATED });
        let sse = '';
        for (const event of decoded('openai', inPieces(missing, sizes))) sse += joint.push(event);
        sse += joint.end();
        expect(sent + textOf(sse)).toBe(whole);
      },
    ),
    { numRuns: 500 },
  );
});
