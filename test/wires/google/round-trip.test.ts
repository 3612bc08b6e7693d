import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asArray, asObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import { FOREIGN_SIGNATURE } from '../../../src/wires/google/signatures.ts';
import { decode, encode, fixture, type Heard, replay } from './support.ts';

const THREE = 'gemini-3-pro-preview';

/** The parts of the model's turn when this assistant message is sent back. */
function sentBack(message: JsonObject, model = THREE): { parts: Json[]; dropped: readonly string[] } {
  const { body, dropped } = encode({ messages: [{ role: 'user', content: 'hi' }, message] }, model);
  return { parts: asArray(asObject(asArray(body.contents)[1])?.parts), dropped };
}

function answered(parts: JsonObject[]): JsonObject {
  return decode({ candidates: [{ content: { parts }, finishReason: 'STOP', index: 0 }] }).message;
}

/** The assistant message that a client puts together from a stream. */
function fromStream(heard: Heard | undefined): JsonObject {
  if (!heard) throw new Error('No choice.');
  const calls = heard.toolCalls.map(({ index: _, ...call }) => call);
  return {
    role: 'assistant',
    content: heard.content === '' ? null : heard.content,
    reasoning_details: heard.details,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(heard.images.length > 0 ? { images: heard.images } : {}),
    ...(heard.providerData[0] ? { provider_data: heard.providerData[0] } : {}),
  };
}

describe('signatures come back on the part they came with', () => {
  it.each<[string, JsonObject[]]>([
    [
      'parallel calls, the first signed',
      [
        { functionCall: { name: 'f', args: { a: 1 }, id: 'x' }, thoughtSignature: 'QQ==' },
        { functionCall: { name: 'f', args: { a: 2 }, id: 'y' } },
      ],
    ],
    [
      'thoughts, signed text, unsigned text and a signed end',
      [
        { text: 'Think.', thought: true },
        { text: 'More.', thought: true, thoughtSignature: 'VA==' },
        { text: 'Hel', thoughtSignature: 'QQ==' },
        { text: 'lo' },
        { text: '', thoughtSignature: 'Qg==' },
      ],
    ],
    [
      'text before a signed call',
      [
        { text: 'Wait.', thoughtSignature: 'QQ==' },
        { functionCall: { name: 'f', args: {}, id: 'x' }, thoughtSignature: 'Qg==' },
      ],
    ],
    [
      'a signed image',
      [
        { text: 'Here:' },
        { inlineData: { mimeType: 'image/png', data: 'AAAA' }, thoughtSignature: 'QQ==' },
        { inlineData: { mimeType: 'image/png', data: 'BBBB' } },
      ],
    ],
    [
      'code that was run between texts',
      [
        { text: 'So:' },
        { executableCode: { language: 'PYTHON', code: '1+1' }, thoughtSignature: 'QQ==' },
        { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '2' } },
        { text: 'Two.' },
      ],
    ],
  ])('%s', (_, parts) => {
    expect(sentBack(answered(parts))).toEqual({ parts, dropped: [] });
  });

  it('from a stream, signed first piece and all', () => {
    const [heard] = replay(fixture('google-gen-s-google-model-thinking-part-iter-0', 'stream.txt')).choices;
    const { parts } = sentBack(fromStream(heard), 'gemini-2.5-pro');
    expect(parts).toHaveLength(3);
    expect(parts[0]).toMatchObject({ thought: true, text: heard?.reasoning });
    expect(parts[1]).toMatchObject({
      text: 'This is a great question! Safely crossing the street is all about being aware and predictable. Here is a step-by-step',
      thoughtSignature: expect.stringMatching(/^CiIB0e2Kb6Syj1a961Ef/),
    });
    expect(asObject(parts[2])?.thoughtSignature).toBeUndefined();
  });

  it('from a stream, the empty last part', () => {
    const [heard] = replay(fixture('hand-s-signature-at-end', 'stream.txt')).choices;
    expect(sentBack(fromStream(heard)).parts).toEqual([
      { text: 'First idea. Second idea.', thought: true },
      { text: 'Hello world' },
      { text: '', thoughtSignature: 'c2lnLUVORA==' },
    ]);
  });

  it('from a stream, parallel calls', () => {
    const [heard] = replay(fixture('hand-s-parallel-calls', 'stream.txt')).choices;
    expect(sentBack(fromStream(heard)).parts.map((part) => asObject(part)?.thoughtSignature)).toEqual([
      'c2lnLUE=',
      undefined,
      undefined,
    ]);
  });

  it.each<[string, (message: JsonObject) => JsonObject]>([
    ['extra_content alone', ({ reasoning_details: _, ...rest }) => rest],
    [
      'reasoning_details alone',
      (message) => ({
        ...message,
        tool_calls: asArray(message.tool_calls).map((call) => ({
          ...asObject(call),
          extra_content: undefined,
        })),
      }),
    ],
  ])('by %s', (_, change) => {
    const parts = [{ functionCall: { name: 'f', args: {}, id: 'x' }, thoughtSignature: 'QQ==' }];
    expect(sentBack(change(answered(parts)))).toEqual({ parts, dropped: [] });
  });

  it('in the older dialect', () => {
    const { message } = decode(
      {
        candidates: [
          {
            content: { parts: [{ functionCall: { name: 'f', args: {} }, thoughtSignature: 'QQ==' }] },
            finishReason: 'STOP',
          },
        ],
      },
      { functions: [{ name: 'f' }] },
    );
    expect(sentBack(message)).toEqual({
      parts: [{ functionCall: { name: 'f', args: {} }, thoughtSignature: 'QQ==' }],
      dropped: [],
    });
  });

  it('holds for any mixture of text parts', () => {
    const part = fc.record(
      {
        text: fc.string({ unit: 'grapheme', minLength: 1 }),
        thoughtSignature: fc.constantFrom('QQ==', 'Qg=='),
      },
      { requiredKeys: ['text'] },
    );
    void fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        // Unsigned neighbours are one text; signed parts stay alone.
        const expected: JsonObject[] = [];
        for (const entry of parts) {
          const last = expected.at(-1);
          const joins = entry.thoughtSignature === undefined && last && last.thoughtSignature === undefined;
          if (joins) last.text = `${String(last.text)}${entry.text}`;
          else expected.push({ ...entry });
        }
        expect(sentBack(answered(parts)).parts).toEqual(expected);
      }),
    );
  });
});

describe('histories that others wrote', () => {
  const call = { id: 'x', type: 'function', function: { name: 'f', arguments: '{}' } };

  it('stands in for the missing signature of the first call only', () => {
    const message = { role: 'assistant', tool_calls: [call, { ...call, id: 'y' }] };
    expect(sentBack(message).parts.map((part) => asObject(part)?.thoughtSignature)).toEqual([
      FOREIGN_SIGNATURE,
      undefined,
    ]);
    expect(sentBack(message, 'gemini-2.5-flash').parts[0]).not.toHaveProperty('thoughtSignature');
  });

  it('does not take reasoning of other makers, and says so', () => {
    const message = {
      role: 'assistant',
      content: 'Hi.',
      reasoning: 'Hm.',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Hm.', signature: 's', format: 'anthropic-claude-v1', index: 0 },
        { type: 'reasoning.encrypted', data: 'zzz', id: 'x', index: 1 },
      ],
    };
    expect(sentBack(message)).toEqual({ parts: [{ text: 'Hi.' }], dropped: ['messages.reasoning_details'] });
    expect(sentBack({ role: 'assistant', content: 'Hi.', reasoning: 'Hm.' })).toEqual({
      parts: [{ text: 'Hi.' }],
      dropped: ['messages.reasoning'],
    });
  });

  const loose = { type: 'reasoning.encrypted', data: 'QQ==', format: 'google-gemini-v1', index: 0 };

  it('puts a signature without a place on the text, or behind everything', () => {
    const message = { role: 'assistant', content: 'Hi.', reasoning_details: [{ ...loose, id: null }] };
    expect(sentBack(message).parts).toEqual([{ text: 'Hi.', thoughtSignature: 'QQ==' }]);
    expect(sentBack({ ...message, content: null }).parts).toEqual([{ text: '', thoughtSignature: 'QQ==' }]);
  });

  it('copes with a text that was changed', () => {
    const message = answered([{ text: 'A long answer', thoughtSignature: 'QQ==' }]);
    expect(sentBack({ ...message, content: 'Short' }).parts).toEqual([
      { text: 'Short', thoughtSignature: 'QQ==' },
    ]);
  });

  it('reports a signature whose call is gone', () => {
    const message = {
      role: 'assistant',
      tool_calls: [{ ...call, extra_content: { google: { thought_signature: 'Qg==' } } }],
      reasoning_details: [{ ...loose, id: 'gone' }],
    };
    expect(sentBack(message).dropped).toEqual(['messages.reasoning_details']);
  });

  it('refuses answers in audio', () => {
    expect(() => sentBack({ role: 'assistant', audio: { id: 'audio_1' } })).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter', param: 'messages[1].audio' }),
    );
  });
});
