import { describe, expect, test } from 'vitest';
import { anthropic } from '../../src/wires/anthropic/index.ts';
import { bedrock } from '../../src/wires/bedrock/index.ts';
import { google } from '../../src/wires/google/index.ts';
import { inBandError } from '../../src/wires/openai/error.ts';
import { openai } from '../../src/wires/openai/index.ts';
import { isReasoning, mayRefuseSealed, withoutReasoning } from '../../src/wires/sealed.ts';
import type { Wire } from '../../src/wires/types.ts';

/** Bodies as hosts send them, most of them from reports of those who met them. */
const REFUSALS: [string, Wire, number, object][] = [
  [
    'OpenAI, of another organization',
    openai,
    400,
    {
      error: {
        message:
          'The encrypted content for item rs_0d09 could not be verified. Reason: Encrypted content organization_id did not match the target organization.',
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_encrypted_content',
      },
    },
  ],
  [
    'xAI',
    openai,
    400,
    {
      code: 'invalid-argument',
      error:
        'Could not decrypt the provided encrypted_content. Ensure the value is the unmodified encrypted_content from a previous response.',
    },
  ],
  [
    'xAI, of what has another shape',
    openai,
    400,
    {
      code: 'invalid-argument',
      error: 'Could not decode the compaction blob. Ensure it is unmodified from the compact response.',
    },
  ],
  ['a host that says no more', openai, 400, { error: { message: 'Could not decrypt the input.' } }],
  [
    'OpenAI, of an item by the id of another host',
    openai,
    400,
    {
      error: {
        code: 'invalid_value',
        message: "Invalid 'input[1].id': '33df88f0'. Expected an ID that begins with 'msg'.",
        param: 'input[1].id',
        type: 'invalid_request_error',
      },
    },
  ],
  [
    'OpenAI, of an item that it should have kept',
    openai,
    404,
    {
      error: {
        message:
          "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.",
        type: 'invalid_request_error',
        param: 'input',
        code: null,
      },
    },
  ],
  [
    'OpenRouter, of a host behind it',
    openai,
    400,
    {
      error: {
        message: 'Provider returned error',
        code: 400,
        metadata: {
          raw: '{"message":"messages.7.content.2: Invalid signature in thinking block"}',
          provider_name: 'Amazon Bedrock',
        },
      },
    },
  ],
  [
    'Mistral, of a member that it does not know',
    openai,
    422,
    {
      detail: [
        {
          type: 'extra_forbidden',
          loc: ['body', 'messages', 1, 'assistant', 'reasoning_details'],
          msg: 'Extra inputs are not permitted',
        },
      ],
    },
  ],
  ...[
    'messages.1.content.0: Invalid `signature` in `thinking` block',
    'messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation. Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".',
    'messages.3.content.0.thinking.signature: Field required',
    'messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.',
    'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.',
  ].map((message): [string, Wire, number, object] => [
    `Anthropic: ${message.slice(0, 60)}`,
    anthropic,
    400,
    { type: 'error', error: { type: 'invalid_request_error', message } },
  ]),
  [
    'Bedrock',
    bedrock,
    400,
    {
      __type: 'ValidationException',
      message:
        'The model returned the following errors: messages.369.content.0.thinking.signature: Field required',
    },
  ],
  ...['Corrupted thought signature.', 'Unable to submit request because Thought signature is not valid.'].map(
    (message): [string, Wire, number, object] => [
      `Google: ${message}`,
      google,
      400,
      { error: { code: 400, message, status: 'INVALID_ARGUMENT' } },
    ],
  ),
];

describe('a refusal', () => {
  test.each(REFUSALS)('of reasoning: %s', (_, wire, status, body) => {
    expect(mayRefuseSealed(wire.readError(status, new Headers(), JSON.stringify(body)))).toBe(true);
  });

  test('of reasoning, within a stream', () => {
    const error = {
      code: 'invalid_encrypted_content',
      message: 'The encrypted content gAAA could not be verified.',
    };
    expect(mayRefuseSealed(inBandError(error, JSON.stringify({ error })))).toBe(true);
  });

  test.each([
    ['of something else', openai, 400, 'max_tokens is too large'],
    ['of the model', openai, 404, 'The reasoning model does not exist'],
    ['of a credential', openai, 401, 'The signature of the key is not valid'],
    ['for now', anthropic, 529, 'Overloaded, thinking is not available'],
    ['that is a fault of the host', google, 500, 'reasoning failed'],
  ])('%s', (_, wire, status, message) => {
    const body = JSON.stringify({ error: { type: 'invalid_request_error', message } });
    expect(mayRefuseSealed((wire as Wire).readError(status, new Headers(), body))).toBe(false);
  });
});

describe('messages without reasoning', () => {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
  const extra = { google: { thought_signature: 'S' } };

  test.each([
    [
      'that had it in members of its own',
      { reasoning: 'R', reasoning_content: 'R', reasoning_details: [{ type: 'reasoning.text' }] },
      {},
    ],
    ['with a signed call', { tool_calls: [{ ...call, extra_content: extra }] }, { tool_calls: [call] }],
    [
      'with a signed picture',
      { images: [{ type: 'image_url', extra_content: extra }] },
      { images: [{ type: 'image_url' }] },
    ],
    [
      'with signed parts of Google',
      {
        provider_data: {
          google: { parts: [{ start: 0, end: 1, part: { executableCode: {}, thoughtSignature: 'S' } }] },
        },
      },
      { provider_data: { google: { parts: [{ start: 0, end: 1, part: { executableCode: {} } }] } } },
    ],
  ])('%s', (_, more, left) => {
    const user = { role: 'user', content: 'Hi', reasoning: 'mine' };
    const given = [user, { role: 'assistant', content: 'A', ...more }];
    const before = structuredClone(given);
    expect(withoutReasoning(given)).toEqual([user, { role: 'assistant', content: 'A', ...left }]);
    expect(given).toEqual(before);
  });

  test('is nothing where they have none', () => {
    const plain = { role: 'assistant', content: 'A', tool_calls: [call], provider_data: { google: {} } };
    expect(withoutReasoning([{ role: 'user', content: 'Hi' }, plain])).toBeNull();
  });
});

test('earlier reasoning is told from parameters by its name', () => {
  expect(
    ['messages.thinking', 'input.encrypted_content', 'messages.reasoning_details'].every(isReasoning),
  ).toBe(true);
  expect(['thinking', 'reasoning', 'reasoning_effort', 'seed'].some(isReasoning)).toBe(false);
});
