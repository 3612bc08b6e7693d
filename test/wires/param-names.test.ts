import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/lib/json.ts';
import { messages } from '../../src/wires/anthropic/surface/index.ts';
import { completions } from '../../src/wires/openai/completions/index.ts';
import { readResponseRequest, responses } from '../../src/wires/openai/responses/index.ts';

/** A parameter of the chat completion, and what the client calls it. */
type Names = readonly (readonly [chat: string, sent: string])[];

const PNG = 'data:image/png;base64,AAAA';
const PDF = 'data:application/pdf;base64,AAAA';

const RESPONSE: JsonObject = {
  model: 'm',
  instructions: 'Be brief.',
  input: [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'What is it?' },
        { type: 'input_image', image_url: PNG, detail: 'low' },
        { type: 'input_file', file_url: 'https://example.com/a.pdf' },
        { type: 'input_file', file_data: PDF, filename: 'a.pdf' },
      ],
    },
    { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' },
    { type: 'function_call', call_id: 'c2', name: 'look', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c1', output: 'a hat' },
    { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_image', image_url: PNG }] },
    { role: 'assistant', content: [{ type: 'output_text', text: 'A hat.', cache_control: {} }] },
    { role: 'user', content: 'Sure?' },
  ],
  tools: [
    { type: 'function', name: 'look', parameters: {}, strict: true },
    { type: 'custom', name: 'write' },
  ],
  reasoning: { effort: 'high' },
  text: { format: { type: 'json_schema', name: 'n', schema: {} }, verbosity: 'low' },
  max_output_tokens: 9,
};

const RESPONSE_NAMES: Names = [
  ['messages', 'input'],
  ['messages[0]', 'instructions'],
  ['messages[0].content', 'instructions'],
  ['messages[1]', 'input[0]'],
  ['messages[1].content', 'input[0].content'],
  ['messages[1].role', 'input[0].role'],
  ['messages[1].content[0].text', 'input[0].content[0].text'],
  ['messages[1].content[1]', 'input[0].content[1]'],
  ['messages[1].content[1].image_url.url', 'input[0].content[1].image_url'],
  ['messages[1].content[1].image_url.detail', 'input[0].content[1].detail'],
  ['messages[1].content[2].file', 'input[0].content[2].file_url'],
  ['messages[1].content[3].file.file_data', 'input[0].content[3].file_data'],
  ['messages[1].content[3].file.filename', 'input[0].content[3].filename'],
  // Two calls are one message.
  ['messages[2]', 'input[1]'],
  ['messages[2].tool_calls[0].id', 'input[1].call_id'],
  ['messages[2].tool_calls[1].function.name', 'input[2].name'],
  ['messages[2].tool_calls[1].function.arguments', 'input[2].arguments'],
  ['messages[3].tool_call_id', 'input[3].call_id'],
  ['messages[3].content', 'input[3].output'],
  ['messages[4].content[0].image_url', 'input[4].output[0].image_url'],
  ['messages[5].content[0].text', 'input[5].content[0].text'],
  ['messages[6].content', 'input[6].content'],
  // Of a message that no client sent.
  ['messages[7].content', 'input'],
  ['messages.content.image_url.detail', 'input.content.detail'],
  ['tools', 'tools'],
  ['tools[0].function.name', 'tools[0].name'],
  ['tools[0].function.parameters.properties.a', 'tools[0].parameters'],
  ['tools[1].custom.name', 'tools[1].name'],
  ['tools.function.strict', 'tools.strict'],
  ['tool_choice.function.name', 'tool_choice.name'],
  ['max_completion_tokens', 'max_output_tokens'],
  ['max_tokens', 'max_output_tokens'],
  ['response_format', 'text.format'],
  ['response_format.json_schema.schema.properties', 'text.format.schema'],
  ['verbosity', 'text.verbosity'],
  ['reasoning_effort', 'reasoning.effort'],
  ['reasoning.max_tokens', 'reasoning.max_tokens'],
  ['logprobs', 'include'],
  ['temperature', 'temperature'],
  ['policy.max_cost_usd', 'policy.max_cost_usd'],
  ['models[1]', 'models[1]'],
];

const MESSAGE: JsonObject = {
  model: 'm',
  max_tokens: 9,
  system: [
    { type: 'text', text: 'Be brief.' },
    { type: 'text', text: 'Be kind.' },
  ],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is it?' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
        { type: 'document', title: 'a.pdf', source: { type: 'url', url: 'https://example.com/a.pdf' } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'Let me look.' },
        { type: 'tool_use', id: 'c1', name: 'look', input: {} },
        { type: 'tool_use', id: 'c2', name: 'look', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Both said:' },
        { type: 'tool_result', tool_use_id: 'c1', content: 'a hat' },
        {
          type: 'tool_result',
          tool_use_id: 'c2',
          content: [
            { type: 'text', text: 'a hat' },
            { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
          ],
        },
      ],
    },
  ],
  tools: [{ name: 'look', input_schema: {}, strict: true }],
  tool_choice: { type: 'tool', name: 'look', disable_parallel_tool_use: true },
};

const MESSAGE_NAMES: Names = [
  ['messages', 'messages'],
  ['messages[0].content', 'system'],
  ['messages[0].content[1].text', 'system[1].text'],
  ['messages[1]', 'messages[0]'],
  ['messages[1].content', 'messages[0].content'],
  ['messages[1].content[1].image_url.url', 'messages[0].content[1].source'],
  ['messages[1].content[2].file.file_data', 'messages[0].content[2].source'],
  ['messages[1].content[2].file.filename', 'messages[0].content[2].title'],
  ['messages[2].content', 'messages[1].content'],
  ['messages[2].tool_calls[1]', 'messages[1].content[2]'],
  ['messages[2].tool_calls[1].id', 'messages[1].content[2].id'],
  ['messages[2].tool_calls[1].function.arguments', 'messages[1].content[2].input'],
  // Results stand in front of what else their turn says.
  ['messages[3].tool_call_id', 'messages[2].content[1].tool_use_id'],
  ['messages[4].content[1].image_url.url', 'messages[2].content[2].content[1].source'],
  ['messages[5].content', 'messages[2].content'],
  ['messages[6].content', 'messages'],
  ['messages.cache_control', 'messages.content.cache_control'],
  ['tools[0].function.name', 'tools[0].name'],
  ['tools[0].function.parameters', 'tools[0].input_schema'],
  ['tool_choice.function.name', 'tool_choice.name'],
  ['parallel_tool_calls', 'tool_choice.disable_parallel_tool_use'],
  ['max_completion_tokens', 'max_tokens'],
  ['stop', 'stop_sequences'],
  ['user', 'metadata.user_id'],
  ['response_format', 'output_config.format'],
  ['response_format.json_schema.schema', 'output_config.format.schema'],
  ['reasoning_effort', 'output_config.effort'],
  ['reasoning.effort', 'output_config.effort'],
  ['reasoning.max_tokens', 'thinking.budget_tokens'],
  ['reasoning', 'thinking'],
  ['temperature', 'temperature'],
  ['policy.region', 'policy.region'],
];

const COMPLETION: JsonObject = { model: 'm', prompt: 'Once', max_tokens: 9, logprobs: 2 };

const COMPLETION_NAMES: Names = [
  ['messages', 'prompt'],
  ['messages[0].content', 'prompt'],
  ['max_completion_tokens', 'max_tokens'],
  ['top_logprobs', 'logprobs'],
  ['logprobs', 'logprobs'],
  ['reasoning_effort', 'reasoning_effort'],
  ['response_format', 'response_format'],
];

describe.each([
  ['the Responses API', responses.read(RESPONSE), RESPONSE_NAMES],
  ['the Messages API', messages.read(MESSAGE), MESSAGE_NAMES],
  ['completions', completions.read(COMPLETION), COMPLETION_NAMES],
] as const)('what %s calls a parameter of the chat completion', (_, request, names) => {
  it.each(names)('%s is %s', (chat, sent) => {
    expect(request.paramOf(chat)).toBe(sent);
  });
});

describe('what the Responses API calls', () => {
  it('a fault of an earlier response’s items is the id that stands for them', () => {
    const input = [{ role: 'user', content: [{ type: 'input_text' }] }];
    const read = () => readResponseRequest({ model: 'm', input, previous_response_id: 'resp_1' }, 1);
    expect(read).toThrow(expect.objectContaining({ code: 'invalid_type', param: 'previous_response_id' }));
  });

  it('the items of an earlier response is the id that stands for them', () => {
    const request = readResponseRequest({ ...RESPONSE, previous_response_id: 'resp_1' }, 6);
    expect(request.paramOf('messages[1].content[1].image_url.url')).toBe('previous_response_id');
    expect(request.paramOf('messages[6].content')).toBe('input[0].content');
  });

  it('an input that is a text is its name', () => {
    const request = responses.read({ model: 'm', input: 'hi', top_logprobs: 2 });
    expect(request.paramOf('messages[0].content')).toBe('input');
    expect(request.paramOf('logprobs')).toBe('top_logprobs');
  });

  it('parameters of a request that no chat completion can say is still its own', () => {
    const request = responses.sketch?.({ model: 'm', input: [{ role: 'user', content: 'hi' }] });
    expect(request?.paramOf('messages')).toBe('input');
    expect(request?.paramOf('messages[0].content')).toBe('input');
  });
});
