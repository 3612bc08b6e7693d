import { describe, expect, test } from 'vitest';
import { asArray, asObject, parseJson } from '../../../src/lib/json.ts';
import { anthropic } from '../../../src/wires/anthropic/index.ts';
import type { Target } from '../../../src/wires/types.ts';
import { requestOf } from '../openai/support.ts';
import { codec, encode, event, meta, replay, target } from './support.ts';

const claude: Target = { ...target(), upstreamModel: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0' };
const own = { type: 'reasoning.text', text: 'Hm.', signature: 'Eq', format: 'anthropic-claude-v1', index: 0 };
const sealed = { type: 'reasoning.encrypted', data: 'R', format: 'bedrock-converse-v1', index: 1 };
const thought = { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'Eq' } } };
const redacted = { reasoningContent: { redactedContent: 'R' } };
const sentWith = (details: object[], to: Target) => {
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'A', reasoning_details: details },
  ];
  const { body, dropped } = encode({ messages }, { to });
  return { content: asArray(asObject(asArray(body.messages)[1])?.content), dropped };
};

describe('thinking of Claude', () => {
  test('is told as that of Claude elsewhere, but for what is redacted', () => {
    const content = [thought, redacted, { text: 'Yes' }];
    const whole = { stopReason: 'end_turn', output: { message: { role: 'assistant', content } } };
    const { text } = codec.decode(JSON.stringify(whole), claude, meta());
    expect(parseJson(text)).toMatchObject({ choices: [{ message: { reasoning_details: [own, sealed] } }] });

    const delta = (contentBlockIndex: number, reasoningContent: object) =>
      event('contentBlockDelta', { contentBlockIndex, delta: { reasoningContent } });
    const pieces = [
      delta(0, { text: 'Hm.' }),
      delta(0, { signature: 'Eq' }),
      delta(1, { redactedContent: 'R' }),
      event('messageStop', { stopReason: 'end_turn' }),
    ];
    const { signature, ...words } = own;
    expect(replay(pieces, claude).details).toEqual([words, { ...own, text: '' }, sealed]);
    expect(signature).toBe('Eq');
  });

  test('goes to Claude on any platform', () => {
    expect(sentWith([own, sealed], claude)).toEqual({
      content: [thought, redacted, { text: 'A' }],
      dropped: [],
    });
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'A', reasoning_details: [own, sealed] },
      { role: 'user', content: 'And?' },
    ];
    const asked = requestOf(JSON.stringify({ model: 'm', messages }));
    const encoded = anthropic.chat?.encode(asked, { ...target(), upstreamModel: 'claude-sonnet-4-5' });
    expect(parseJson(String(encoded?.body))).toMatchObject({
      messages: [
        {},
        {
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: 'Eq' },
            { type: 'text', text: 'A' },
          ],
        },
        {},
      ],
    });
    expect(encoded?.dropped).toEqual(['messages.reasoning_details']);
  });

  test('does not go to other models', () => {
    expect(sentWith([own], target())).toEqual({
      content: [{ text: 'A' }],
      dropped: ['messages.reasoning_details'],
    });
  });
});
