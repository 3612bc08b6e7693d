import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LinearPattern, TooCostlyError } from '../../src/lib/linear-pattern/match.ts';
import { PatternError } from '../../src/lib/linear-pattern/parse.ts';

const matches = (source: string, text: string): boolean =>
  new LinearPattern(source).test(text, { left: 1_000_000 });

/** Expressions as libraries of schemas write them, and texts of each kind for all of them. */
const SOURCES = [
  '^[a-z0-9]+(?:-[a-z0-9]+)*$',
  "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$",
  '^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$',
  '^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12})$',
  '^\\d{3}\\-\\d{4}$',
  'b+c',
  '^(a|b){2,3}?$',
  '\\bfoo\\B',
  '^\\p{Lu}\\u{1F600}?$',
  '^[^\\]\\\\]$',
  '(?<year>\\d{4})-(?=1)\\d\\d',
  '^$|^x{0}y{1,}$',
  'a{,2}',
  '',
];
const TEXTS = [
  '',
  'a',
  'abc',
  'bbc',
  'slug-with-parts',
  '-slug',
  'slug-',
  'a@b.cd',
  'a..b@c.de',
  '.a@b.cd',
  '+0012.50',
  '-.',
  '7',
  '123-4567',
  '123e4567-e89b-12d3-a456-426614174000',
  'ab',
  'abab',
  'food',
  'foo',
  'a foods',
  'É😀',
  'É',
  '😀',
  ']',
  '\n',
  '2026-12',
  '2026-02',
  'yyy',
  'xy',
  'a{,2}',
];

describe('a linear pattern', () => {
  test.each(SOURCES)('%s matches what RegExp matches', (source) => {
    const native = new RegExp(source, source.includes('\\-\\d') || source === 'a{,2}' ? '' : 'u');
    const verdicts = (match: (text: string) => boolean) => TEXTS.map((text) => [text, match(text)]);
    const pattern = new LinearPattern(source);
    expect(verdicts((text) => pattern.test(text, { left: 1_000_000 }))).toEqual(
      verdicts((text) => native.test(text)),
    );
  });

  test('says the same as RegExp of whatever is written', () => {
    const letter = fc.constantFrom('a', 'b', 'c');
    const { expression } = fc.letrec<{ expression: string; term: string }>((tie) => ({
      term: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.oneof(letter, fc.constantFrom('.', '[ab]', '[^a]', '\\w', '^', '$', '\\b')),
        fc
          .tuple(
            fc.constantFrom('(?:', '(', '(?=', '(?!'),
            tie('expression'),
            fc.constantFrom('', '*', '+', '?', '{2}', '{1,2}', '{0,}', '*?'),
          )
          .map(
            ([open, inner, quantifier]) =>
              `${open}${inner})${open.length === 3 && open !== '(?:' ? '' : quantifier}`,
          ),
      ),
      expression: fc
        .array(fc.array(tie('term'), { maxLength: 3 }), { minLength: 1, maxLength: 2 })
        .map((options) => options.map((terms) => terms.join('')).join('|')),
    }));
    const text = fc.array(letter, { maxLength: 8 }).map((letters) => letters.join(''));
    // Returned, since the linter takes it for a promise.
    return fc.assert(
      fc.property(expression, fc.array(text, { minLength: 1, maxLength: 5 }), (source, texts) => {
        const pattern = new LinearPattern(source);
        const native = new RegExp(source, 'u');
        for (const one of texts) expect(pattern.test(one, { left: 1_000_000 })).toBe(native.test(one));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['^(a+)+$', 'a'],
    ['^(a|a)*$', 'a'],
    ['^(?:(?:a*)*)*$', 'a'],
    ['(.*)*x', 'a'],
    ['^(\\w+\\s?)*$', 'w'],
  ])('%s takes no longer for a text that RegExp would never end with', (source, letter) => {
    // Twice the text, at most a little over twice the steps.
    const cost = (length: number): number => {
      const steps = { left: 10_000_000 };
      expect(new LinearPattern(source).test(`${letter.repeat(length)}!`, steps)).toBe(false);
      return 10_000_000 - steps.left;
    };
    expect(cost(4000)).toBeLessThan(2.1 * cost(2000));
  });

  test('stops when its steps are used up', () => {
    expect(() => new LinearPattern('^(a+)+$').test('a'.repeat(1000), { left: 1000 })).toThrow(TooCostlyError);
  });

  test('spends the steps of looking ahead too', () => {
    const pattern = new LinearPattern('^(?:a(?!.*b))*$');
    expect(() => pattern.test('a'.repeat(10_000), { left: 1_000_000 })).toThrow(TooCostlyError);
  });

  test.each([
    ['(a)\\1', 'refers back'],
    ['(?<x>a)\\k<x>', 'refers back'],
    ['(?<=a)b', 'looks behind'],
    ['(?<!a)b', 'looks behind'],
    ['(', 'not a regular expression'],
    ['(?:a{1000}){1000}', 'too long'],
    ['(?:(?:(?:){1000}){1000}){1000}', 'too long'],
    [`${'('.repeat(60)}${')'.repeat(60)}`, 'nested too deeply'],
  ])('does not know %s', (source, why) => {
    expect(() => new LinearPattern(source)).toThrow(new PatternError(why));
  });

  test('reads characters beyond the basic plane as one', () => {
    expect(matches('^.$', '😀')).toBe(true);
    expect(matches('^[\\uD83D\\uDE00]$', '😀')).toBe(true);
    expect(matches('^\\uD83D\\uDE00+$', '😀😀')).toBe(true);
  });
});
