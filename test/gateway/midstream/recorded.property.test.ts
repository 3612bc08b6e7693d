import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { Joint } from '../../../src/gateway/midstream/joint.ts';
import { type ContinueHow, splitSent } from '../../../src/gateway/midstream/sent.ts';
import {
  CREATED,
  decoderOf,
  GENERATION_ID,
  RECORDED_STREAMS,
  type RecordedStream,
  type Spoken,
} from '../../support/recorded-streams.ts';
import { chunksOf, decoded, expectOneStream, inPieces, textOf, WIRES } from './support.ts';

/** What the client got of a stream that was cut behind so many events, and what the gateway knows of it. */
function cut({ wire, events }: RecordedStream, at: number) {
  const decoder = decoderOf(wire);
  let sse = '';
  try {
    for (const { data, event } of events.slice(0, at)) sse += decoder.push(data, event);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
  }
  return { sse, state: decoder.state };
}

/** Longer streams are cut in too many places. */
const MOST_EVENTS = 600;

/** Recorded streams that say something, with all they say, and where they can be cut so that another may go on. */
const TEXTS = RECORDED_STREAMS.filter(({ events }) => events.length < MOST_EVENTS)
  .map((stream) => {
    const { state } = cut(stream, stream.events.length);
    const cuts = stream.events.flatMap((_, at) => {
      const { sse, state: then } = cut(stream, at);
      const isOne = chunksOf(sse).every(({ choices }) => choices.every(({ index }) => index === 0));
      return isOne && then.content !== '' && !then.finished && !then.toolCalls ? [at] : [];
    });
    return { stream, name: stream.name, uncut: state.content, cuts };
  })
  .filter(({ uncut }) => uncut !== '');

/** The stream that goes on exactly with what is missing, joined to what was sent. */
function joined(
  sent: string,
  uncut: string,
  { how, wire, sizes, created }: { how: ContinueHow; wire: Spoken; sizes: number[]; created: number },
): { sse: string; removed: number } {
  const joint = new Joint({ sent, how, id: GENERATION_ID, created });
  const missing = uncut.slice(splitSent(sent, how).given.length);
  let sse = '';
  for (const text of decoded(wire, inPieces(missing, sizes))) sse += joint.push(text);
  sse += joint.end();
  return { sse, removed: joint.removed };
}

const second = fc.record({
  how: fc.constantFrom<ContinueHow>('prefill', 'instruct'),
  wire: fc.constantFrom(...WIRES),
  sizes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }),
});

test('there are texts of every wire', () => {
  expect(new Set(TEXTS.map(({ stream }) => stream.wire))).toEqual(new Set(WIRES));
  expect(TEXTS.length).toBeGreaterThan(15);
  expect(TEXTS.filter(({ cuts }) => cuts.length > 0).length).toBeGreaterThan(10);
});

describe('a continuation that goes on exactly joins to the uncut text', () => {
  test.each(TEXTS.filter(({ cuts }) => cuts.length > 0))('$name, cut behind any event', (text) => {
    const { stream, uncut, cuts } = text;
    fc.assert(
      fc.property(fc.constantFrom(...cuts), second, (at, options) => {
        const { sse, state } = cut(stream, at);
        const after = joined(state.content, uncut, { ...options, created: state.created });
        expect(textOf(sse + after.sse)).toBe(uncut);
        const { kept } = splitSent(state.content, options.how);
        expect(after.removed).toBe(kept.length);
        expectOneStream(sse, after.sse, state.created);
      }),
      { numRuns: Math.min(200, cuts.length * 8) },
    );
  });

  test.each(TEXTS)('$name, cut behind any character', ({ uncut }) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: uncut.length }), second, (at, options) => {
        const sent = uncut.slice(0, at);
        const { sse } = joined(sent, uncut, { ...options, created: CREATED });
        expect(sent + textOf(sse)).toBe(uncut);
      }),
      { numRuns: 100 },
    );
  });
});
