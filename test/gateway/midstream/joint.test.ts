import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Joint } from '../../../src/gateway/midstream/joint.ts';
import type { ContinueHow } from '../../../src/gateway/midstream/sent.ts';
import { CREATED, GENERATION_ID } from '../../support/recorded-streams.ts';
import { chunksOf, decoded, inPieces, textOf, WIRES } from './support.ts';

function joint(sent: string, how: ContinueHow): Joint {
  return new Joint({ sent, how, id: GENERATION_ID, created: CREATED });
}

/** A chunk as a second decoder emits it. */
function chunk(delta: object, finish_reason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason }];
  return `data: ${JSON.stringify({ id: 'gen_2', object: 'chat.completion.chunk', created: 7, model: 'm2', choices })}\n\n`;
}

/** What the client adds to `sent` when the second model says these pieces. */
function heard(sent: string, how: ContinueHow, pieces: readonly string[]): { text: string; removed: number } {
  const between = joint(sent, how);
  let sse = '';
  for (const text of decoded('anthropic', pieces)) sse += between.push(text);
  sse += between.end();
  return { text: textOf(sse), removed: between.removed };
}

/** Words of which none is twice: an overlap in them is one. */
function words(count: number, from = 0): string {
  return Array.from({ length: count }, (_, at) => `word${from + at}`).join(' ');
}

const HOWS = ['prefill', 'instruct'] as const;

describe.each(HOWS)('%s: what was sent whole and is said again', (how) => {
  test.each([1, 2, 7, 1000])('is taken off, in pieces of %i', (size) => {
    const sent = words(60);
    const got = heard(sent, how, inPieces(`${sent} and more`, [size]));
    expect(got).toEqual({ text: ' and more', removed: sent.length });
  });

  test('stays when it is too short to be told from chance', () => {
    const sent = how === 'prefill' ? 'These are 23 characters' : 'Only 15 in here';
    expect(sent).toHaveLength(how === 'prefill' ? 23 : 15);
    expect(heard(sent, how, [sent, '!'])).toEqual({ text: `${sent}!`, removed: 0 });
    const longer = `${sent}.`;
    expect(heard(longer, how, [longer, '!'])).toEqual({ text: '!', removed: longer.length });
  });

  test('stays when it differs in its last character', () => {
    const sent = words(60);
    const again = `${sent.slice(0, -1)}X goes on`;
    expect(heard(sent, how, inPieces(again, [5]))).toEqual({ text: again, removed: 0 });
  });

  test('is not lost when the continuation ends in the middle of it', () => {
    const sent = words(60);
    expect(heard(sent, how, [sent.slice(0, 100)])).toEqual({ text: sent.slice(0, 100), removed: 0 });
  });
});

describe('instruct: the end of what was sent, said again', () => {
  const rest = ' and so it ends.';

  test.each([16, 17, 50, 399, 400])('is taken off at %i characters', (length) => {
    const sent = words(100);
    const end = sent.slice(-length);
    expect(heard(sent, 'instruct', inPieces(end + rest, [3]))).toEqual({ text: rest, removed: length });
  });

  test.each([15, 401])('stays at %i characters', (length) => {
    const sent = words(100);
    const end = sent.slice(-length);
    expect(heard(sent, 'instruct', [end + rest])).toEqual({ text: end + rest, removed: 0 });
  });

  test('a prefill has nothing of it taken off: there it is what the model goes on with', () => {
    const sent = words(100);
    const end = sent.slice(-50);
    expect(heard(sent, 'prefill', [end + rest])).toEqual({ text: end + rest, removed: 0 });
  });

  test('a line that stood before is the text repeating itself', () => {
    const line = 'and the band played on and on;\n';
    const sent = `${line}Verse one.\n${line}`;
    const got = heard(sent, 'instruct', [`${line}Verse two.\n`]);
    expect(got).toEqual({ text: `${line}Verse two.\n`, removed: 0 });
  });

  test('but not when it stood more than 4,000 characters before', () => {
    const line = 'and the band played on and on;\n';
    const sent = `${line}${words(700)}\n${line}`;
    expect(sent.length - 2 * line.length).toBeGreaterThan(4000);
    expect(heard(sent, 'instruct', [`${line}Verse two.\n`])).toEqual({
      text: 'Verse two.\n',
      removed: line.length,
    });
  });

  test.each([
    ['a ruler', '|', '-'],
    ['dots', 'Contents ', '. '],
    ['zeros of a table', '[', '0, '],
  ])('%s goes on as it began', (_, before, unit) => {
    const sent = before + unit.repeat(20);
    const more = `${unit.repeat(30)}|`;
    expect(heard(sent, 'instruct', inPieces(more, [4]))).toEqual({ text: more, removed: 0 });
  });

  test('with characters of several units, white space and CRLF', () => {
    const sent = 'Ein Anfang 👩‍👧 mit é und\r\n\r\nnoch 한국어 👍🏽\r\n';
    const rest = '\r\nWeiter 👩‍👧';
    for (const size of [1, 2, 3, 100]) {
      const pieces = inPieces(sent.slice(-25) + rest, [size]);
      expect(heard(sent, 'instruct', pieces)).toEqual({ text: rest, removed: 25 });
    }
  });
});

test('any overlap of 16 to 400 characters is found, whatever the pieces', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 120 }),
      fc.integer({ min: 16, max: 400 }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 4 }),
      (count, length, sizes) => {
        const sent = words(count);
        const end = sent.slice(-length);
        expect(heard(sent, 'instruct', inPieces(`${end}, then.`, sizes))).toEqual({
          text: ', then.',
          removed: end.length,
        });
      },
    ),
  );
});

describe('white space at the end of what was sent', () => {
  test.each([
    ['said again', 'A line.\n\n', '\n\nNext', 'A line.\n\nNext'],
    ['said in part', 'A line.\n\n', '\nNext', 'A line.\n\nNext'],
    ['not said', 'A line.\n\n', 'Next', 'A line.\n\nNext'],
    ['said with more of it', 'A line.\n', '\n\nNext', 'A line.\n\nNext'],
    ['said otherwise', 'A line.\n', ' \nNext', 'A line.\n \nNext'],
    ['where there was nothing else', ' \n', ' \nNext', ' \nNext'],
  ])('that a prefill leaves out is expected: %s', (_, sent, more, expected) => {
    expect(sent + heard(sent, 'prefill', inPieces(more, [1])).text).toBe(expected);
  });

  test('an instruction quotes it, so what comes is more', () => {
    expect(heard('A line.\n', 'instruct', ['\n', 'Next'])).toEqual({ text: '\nNext', removed: 0 });
  });

  test('behind an echo it counts as part of it', () => {
    const sent = `${words(20)}\n\n`;
    expect(heard(sent, 'prefill', [`${sent}Next`])).toEqual({ text: 'Next', removed: sent.length });
  });
});

test('a character that was cut in two is made whole', () => {
  const [high = '', low = ''] = '👍'.split('');
  for (const how of HOWS) {
    expect(heard(`Good ${high}`, how, [' 👍🏽!', '']).text).toBe(how === 'prefill' ? `${low}🏽!` : ' 👍🏽!');
    expect(heard(`Good${high}`, how, ['👍🏽!']).text).toBe(`${low}🏽!`);
  }
});

describe('what is held back', () => {
  const sent = words(60);

  test.each(HOWS)('%s: nothing where no overlap can be', (how) => {
    const between = joint(sent, how);
    expect(textOf(between.push(chunk({ role: 'assistant', content: '' })))).toBe('');
    expect(textOf(between.push(chunk({ content: '?' })))).toBe('?');
  });

  test.each(HOWS)('%s: a beginning of it until it goes on otherwise', (how) => {
    const between = joint(sent, how);
    expect(between.push(chunk({ content: 'wor' }))).toBe('');
    expect(between.push(chunk({ content: 'd0 w' }))).toBe('');
    expect(textOf(between.push(chunk({ content: 'as' })))).toBe('word0 was');
    expect(textOf(between.push(chunk({ content: 'word0' })))).toBe('word0');
  });

  test('nothing when the client has no text', () => {
    const between = joint('', 'instruct');
    expect(between.push(chunk({ role: 'assistant', content: '' }))).toBe('');
    expect(textOf(between.push(chunk({ content: 'w' })))).toBe('w');
    expect(between.end()).toBe('');
  });

  test('text before a tool call, which passes', () => {
    const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } };
    const between = joint(sent, 'instruct');
    expect(between.push(chunk({ content: 'word0' }))).toBe('');
    const [got] = chunksOf(between.push(chunk({ tool_calls: [call] })));
    expect(got?.choices[0]?.delta).toEqual({ content: 'word0', tool_calls: [call] });
    const [ended] = chunksOf(between.push(chunk({}, 'tool_calls')));
    expect(ended?.choices[0]?.finish_reason).toBe('tool_calls');
  });

  test('text before the finish reason', () => {
    const between = joint(sent, 'instruct');
    between.push(chunk({ content: 'word0' }));
    const [got] = chunksOf(between.push(chunk({}, 'stop')));
    expect(got?.choices).toEqual([{ index: 0, delta: { content: 'word0' }, finish_reason: 'stop' }]);
    expect(between.end()).toBe('');
  });

  test('text at the end, once', () => {
    const between = joint(sent, 'instruct');
    between.push(chunk({ content: 'word0' }));
    const [got] = chunksOf(between.end());
    expect(got).toMatchObject({ id: GENERATION_ID, created: CREATED });
    expect(got?.choices).toEqual([{ index: 0, delta: { content: 'word0' }, finish_reason: null }]);
    expect(between.end()).toBe('');
    expect(between.removed).toBe(0);
  });
});

describe('the text that the client has of it', () => {
  const sent = words(60);

  test('is what was let go', () => {
    const between = joint(sent, 'instruct');
    between.push(chunk({ role: 'assistant', content: '' }));
    expect(between.text).toBe('');
    between.push(chunk({ content: sent.slice(-20) }));
    expect(between.text).toBe('');
    between.push(chunk({ content: ' and' }));
    between.push(chunk({ content: ' more' }) + chunk({ reasoning: 'Hm' }));
    expect(between.text).toBe(' and more');
    expect(between.removed).toBe(20);
  });

  test('has what is held in it only when it is let go at the end', () => {
    const between = joint(sent, 'instruct');
    between.push(chunk({ content: 'word0' }));
    expect(between.text).toBe('');
    between.end();
    expect(between.text).toBe('word0');
  });

  test('is all of it where nothing was sent before', () => {
    const between = joint('', 'instruct');
    between.push(chunk({ content: 'On' }) + chunk({ content: 'ce' }));
    expect(between.text).toBe('Once');
  });
});

describe('what the client does not see', () => {
  test('a second role, id or date, whatever the wire', () => {
    for (const wire of WIRES) {
      const between = joint('Once', 'prefill');
      const sse = decoded(wire, [' upon', ' a time'])
        .map((text) => between.push(text))
        .join('');
      const chunks = chunksOf(sse);
      expect(chunks.map(({ id, created }) => [id, created])).toEqual(
        chunks.map(() => [GENERATION_ID, CREATED]),
      );
      expect(sse).not.toContain('role');
      expect(textOf(sse)).toBe(' upon a time');
    }
  });

  test('what one provider wants back of a message that it wrote whole', () => {
    const between = joint('Once', 'instruct');
    const details = { reasoning_details: [{ type: 'reasoning.text' }], provider_data: { google: {} } };
    const [got] = chunksOf(between.push(chunk({ reasoning: 'Hm', ...details })));
    expect(got?.choices[0]?.delta).toEqual({ reasoning: 'Hm' });
    expect(between.push(chunk(details))).toBe('');
  });

  test('chunks with nothing in them', () => {
    const between = joint('Once', 'instruct');
    expect(between.push(chunk({ role: 'assistant', content: null, refusal: null }))).toBe('');
    expect(between.push(chunk({}))).toBe('');
  });
});

test('citations count from the beginning of the whole text', () => {
  const sent = words(20);
  const cited = (start_index: number, end_index: number) => ({
    annotations: [
      { type: 'url_citation', url_citation: { start_index, end_index, url: 'https://a.example' } },
    ],
  });
  const between = joint(sent, 'instruct');
  const end = sent.slice(-30);
  between.push(chunk({ content: `${end} and more` }));
  const [got] = chunksOf(between.push(chunk(cited(31, 34))));
  const at = `${sent} and more`.indexOf('and');
  expect(got?.choices[0]?.delta).toEqual(cited(at, at + 3));
});
