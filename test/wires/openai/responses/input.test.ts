import { describe, expect, test } from 'vitest';
import type { GatewayError } from '../../../../src/errors.ts';
import { readResponseRequest } from '../../../../src/wires/openai/responses/index.ts';
import { messagesOf, read, refusal } from './support.ts';

const CALL = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'look', arguments: '{"at":1}' };
const CHAT_CALL = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } };
const OUTPUT = { type: 'function_call_output', call_id: 'call_1', output: 'A lake' };

/** A message of the assistant as a response has it. */
const said = (text: string, id?: string) => ({
  type: 'message',
  role: 'assistant',
  status: 'completed',
  ...(id ? { id } : {}),
  content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
});

describe('the conversation', () => {
  test('text is one message of the user, behind the instructions', () => {
    expect(read({ input: 'Hi', instructions: 'Be brief.' }).chat.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ]);
  });

  test('messages of every role, with and without their type', () => {
    expect(
      messagesOf(
        { role: 'developer', content: 'Be brief.' },
        { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'Be kind.' }] },
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: 'Again' },
      ),
    ).toEqual([
      { role: 'developer', content: 'Be brief.' },
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'Again' },
    ]);
  });

  test('texts, pictures and files are parts, and members that are not known travel', () => {
    const content = [
      { type: 'input_text', text: 'What are these?', prompt_cache_breakpoint: { mode: 'explicit' } },
      { type: 'input_image', image_url: 'https://x.test/a.png', detail: 'low' },
      { type: 'input_image', image_url: 'data:image/png;base64,AA==' },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' },
      { type: 'input_file', file_url: 'https://x.test/b.pdf' },
      { type: 'input_file', file_id: 'file-1' },
      { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
    ];
    expect(messagesOf({ role: 'user', content })).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What are these?', prompt_cache_breakpoint: { mode: 'explicit' } },
          { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'low' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' } },
          { type: 'file', file: { file_data: 'https://x.test/b.pdf' } },
          { type: 'file', file: { file_id: 'file-1' } },
          { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
        ],
      },
    ]);
  });

  test('a refusal stands beside the text of an answer', () => {
    const content = [
      { type: 'output_text', text: 'Well. ', annotations: [] },
      { type: 'refusal', refusal: 'No.' },
    ];
    expect(
      messagesOf({ role: 'user', content: 'Do' }, { type: 'message', role: 'assistant', content }),
    ).toEqual([
      { role: 'user', content: 'Do' },
      { role: 'assistant', content: 'Well. ', refusal: 'No.' },
    ]);
  });
});

describe('tools', () => {
  test('a call and its output', () => {
    expect(messagesOf({ role: 'user', content: 'Look' }, CALL, OUTPUT)).toEqual([
      { role: 'user', content: 'Look' },
      { role: 'assistant', content: null, tool_calls: [CHAT_CALL] },
      { role: 'tool', tool_call_id: 'call_1', content: 'A lake' },
    ]);
  });

  test('text and calls of one answer are one message; calls in turn are several', () => {
    const second = { ...CALL, call_id: 'call_2' };
    const other = { ...CHAT_CALL, id: 'call_2' };
    expect(messagesOf(said('I look.'), CALL, second, OUTPUT, { ...OUTPUT, call_id: 'call_2' })).toEqual([
      { role: 'assistant', content: 'I look.', tool_calls: [CHAT_CALL, other] },
      { role: 'tool', tool_call_id: 'call_1', content: 'A lake' },
      { role: 'tool', tool_call_id: 'call_2', content: 'A lake' },
    ]);
    expect(messagesOf(CALL, OUTPUT, second)).toEqual([
      { role: 'assistant', content: null, tool_calls: [CHAT_CALL] },
      { role: 'tool', tool_call_id: 'call_1', content: 'A lake' },
      { role: 'assistant', content: null, tool_calls: [other] },
    ]);
  });

  test('an output in parts', () => {
    const output = [
      { type: 'input_text', text: 'See:' },
      { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: null },
    ];
    expect(messagesOf(CALL, { ...OUTPUT, output }).at(-1)).toEqual({
      role: 'tool',
      tool_call_id: 'call_1',
      content: [
        { type: 'text', text: 'See:' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
      ],
    });
  });

  test('calls of custom tools', () => {
    const call = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_9', name: 'sql', input: 'select 1' };
    const output = { type: 'custom_tool_call_output', call_id: 'call_9', output: '1' };
    expect(messagesOf(call, output)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_9', type: 'custom', custom: { name: 'sql', input: 'select 1' } }],
      },
      { role: 'tool', tool_call_id: 'call_9', content: '1' },
    ]);
  });
});

describe('messages of the assistant that follow each other', () => {
  test('are one where their ids are of one response of ours', () => {
    expect(messagesOf(said('One, ', 'msg_01k_0'), said('two.', 'msg_01k_2'))).toEqual([
      { role: 'assistant', content: 'One, two.' },
    ]);
  });

  test('are several where they are of several, or of unknown ones', () => {
    const both = [
      { role: 'assistant', content: 'One, ' },
      { role: 'assistant', content: 'two.' },
    ];
    expect(messagesOf(said('One, ', 'msg_01k_0'), said('two.', 'msg_02k_0'))).toEqual(both);
    expect(messagesOf(said('One, ', 'msg_a1'), said('two.', 'msg_a2'))).toEqual(both);
    expect(
      messagesOf({ role: 'assistant', content: 'One, ' }, { role: 'assistant', content: 'two.' }),
    ).toEqual(both);
  });

  test('do not tear calls from their outputs', () => {
    expect(messagesOf(said('One'), CALL, said(' two'), OUTPUT)).toEqual([
      { role: 'assistant', content: 'One two', tool_calls: [CHAT_CALL] },
      { role: 'tool', tool_call_id: 'call_1', content: 'A lake' },
    ]);
  });
});

describe('the conversation so far', () => {
  const earlier = [{ role: 'user', content: 'One?' }, said('One.')];

  test('stands in the input, behind the instructions', () => {
    const body = { model: 'm', previous_response_id: 'resp_1', instructions: 'Count.' };
    const { chat } = readResponseRequest(
      { ...body, input: [...earlier, { role: 'user', content: 'Two?' }] },
      2,
    );
    expect(chat.messages).toEqual([
      { role: 'system', content: 'Count.' },
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: 'One.' },
      { role: 'user', content: 'Two?' },
    ]);
  });

  test('does not change the place that an error names', () => {
    const body = {
      model: 'm',
      previous_response_id: 'resp_1',
      input: [...earlier, { type: 'web_search_call' }],
    };
    const at = (count: number) => {
      try {
        readResponseRequest(body, count);
      } catch (error) {
        return (error as GatewayError).param;
      }
      return undefined;
    };
    expect([at(2), at(3)]).toEqual(['input[0]', 'previous_response_id']);
  });

  test('is asked for by name where it is only referred to', () => {
    expect(refusal({ previous_response_id: 'resp_1' })).toEqual([
      'unsupported_parameter',
      'previous_response_id',
    ]);
    for (const item of [
      { type: 'item_reference', id: 'msg_1' },
      { id: 'msg_1' },
      { type: null, id: 'msg_1' },
    ]) {
      expect(refusal({ input: [item] })).toEqual(['unsupported_parameter', 'input[0].id']);
    }
  });
});

describe('refused by name', () => {
  const user = (part: object) => ({
    input: [{ role: 'user', content: [{ type: 'input_text', text: '' }, part] }],
  });

  test.each([
    [
      'a picture that is stored',
      user({ type: 'input_image', file_id: 'file-1' }),
      'unsupported_parameter',
      'input[0].content[1].file_id',
    ],
    [
      'a picture without an address',
      user({ type: 'input_image' }),
      'missing_parameter',
      'input[0].content[1].image_url',
    ],
    ['a file without anything', user({ type: 'input_file' }), 'invalid_value', 'input[0].content[1]'],
    [
      'a part of another kind',
      user({ type: 'computer_screenshot' }),
      'unsupported_parameter',
      'input[0].content[1]',
    ],
    [
      'a part of chat completions',
      user({ type: 'text', text: 'Hi' }),
      'unsupported_parameter',
      'input[0].content[1]',
    ],
    ['a part that is none', user([]), 'invalid_type', 'input[0].content[1]'],
    [
      'a text that is none',
      user({ type: 'input_text', text: 1 }),
      'invalid_type',
      'input[0].content[1].text',
    ],
    [
      'a picture in an answer',
      { input: [{ role: 'assistant', content: [{ type: 'input_image', image_url: 'x' }] }] },
      'unsupported_parameter',
      'input[0].content[0]',
    ],
    [
      'an item of a hosted tool',
      { input: ['web_search_call', 'x'].map((type) => ({ type })) },
      'unsupported_parameter',
      'input[0]',
    ],
    ['an item that is none', { input: ['Hi'] }, 'invalid_type', 'input[0]'],
    ['a role that is none', { input: [{ role: 'tool', content: 'x' }] }, 'invalid_value', 'input[0].role'],
    ['no content', { input: [{ role: 'user' }] }, 'missing_parameter', 'input[0].content'],
    [
      'a call without an id',
      { input: [{ ...CALL, call_id: undefined }] },
      'missing_parameter',
      'input[0].call_id',
    ],
    [
      'arguments that are no text',
      { input: [{ ...CALL, arguments: {} }] },
      'invalid_type',
      'input[0].arguments',
    ],
    [
      'an output of no call',
      { input: [{ ...OUTPUT, call_id: null }] },
      'missing_parameter',
      'input[0].call_id',
    ],
    ['no input', { input: undefined }, 'missing_parameter', 'input'],
    ['empty input', { input: [] }, 'invalid_value', 'input'],
    ['input of another type', { input: 5 }, 'invalid_type', 'input'],
    ['instructions of another type', { instructions: ['x'] }, 'invalid_type', 'instructions'],
  ])('%s', (_, body, code, param) => {
    expect(refusal(body as never)).toEqual([code, param]);
  });
});
