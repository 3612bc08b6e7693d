import { describe, expect, it } from 'vitest';
import { StreamedToolCalls, toolCallsOf } from '../../../src/gateway/learning/tool-calls.ts';

type Piece = [choice: number, index: number, text: string];

function event([choice, index, text]: Piece): string {
  const delta = { tool_calls: [{ index, function: { arguments: text } }] };
  return `data: ${JSON.stringify({ choices: [{ index: choice, delta, finish_reason: null }] })}\n\n`;
}

const TEXT = 'data: {"choices":[{"index":0,"delta":{"content":"\\"tool_calls\\" are fine"}}]}\n\n';

describe('the tool calls of a stream', () => {
  it.each<[string, Piece[], 'valid' | 'invalid' | null]>([
    ['none', [], null],
    [
      'one in pieces',
      [
        [0, 0, ''],
        [0, 0, '{"city":'],
        [0, 0, '"Paris"}'],
      ],
      'valid',
    ],
    ['one without arguments', [[0, 0, '']], 'valid'],
    [
      'two at once, in turns',
      [
        [0, 0, '{"a"'],
        [0, 1, '{"b"'],
        [0, 0, ':1}'],
        [0, 1, ':2}'],
      ],
      'valid',
    ],
    [
      'one of two is cut short',
      [
        [0, 0, '{"a":1}'],
        [0, 1, '{"b":'],
      ],
      'invalid',
    ],
    [
      'of two choices',
      [
        [0, 0, '{}'],
        [1, 0, '{}'],
      ],
      'valid',
    ],
    [
      'what two choices say is not one',
      [
        [0, 0, '{"a"'],
        [1, 0, ':1}'],
      ],
      'invalid',
    ],
  ])('%s', (_, pieces, expected) => {
    const calls = new StreamedToolCalls();
    calls.push(TEXT);
    calls.push(pieces.map(event).join(''));
    expect(calls.verdict).toBe(expected);
    const apart = new StreamedToolCalls();
    for (const piece of pieces) apart.push(event(piece));
    expect(apart.verdict).toBe(expected);
  });
});

it('judges whole answers the same', () => {
  const answer = (text: string) =>
    JSON.stringify({ choices: [{ message: { tool_calls: [{ function: { arguments: text } }] } }] });
  expect(toolCallsOf(answer('{"a":1}'))).toBe('valid');
  expect(toolCallsOf(answer('{"a":'))).toBe('invalid');
  expect(toolCallsOf('{"choices":[{"message":{"content":"no \\"tool_calls\\""}}]}')).toBe(null);
});
