import { beforeAll, describe, it } from 'vitest';
import { ask, expectNamed, type Format, hi, prepare } from './named-params.ts';

beforeAll(prepare);

const SCHEMA = { type: 'object', properties: {}, additionalProperties: false };
const NOT_BASE64 = 'data:image/png,AAAA';
const NO_PDF = { media_type: 'application/pdf', data: 'AAAA' };

/** By what is checked: who asks, of which model, for what, and the parameter that is named. */
const ROWS: readonly [what: string, Format, model: string, body: object, code: string, param: string][] = [
  [
    'a picture that cannot be read',
    'responses',
    'words/anthropic',
    {
      instructions: 'x',
      input: [hi, { role: 'user', content: [{ type: 'input_image', image_url: NOT_BASE64 }] }],
    },
    'invalid_value',
    'input[1].content[0].image_url',
  ],
  [
    'a picture that cannot be sent',
    'messages',
    'words/bedrock',
    {
      system: 'x',
      messages: [
        hi,
        { role: 'assistant', content: 'yes' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
          ],
        },
      ],
    },
    'unsupported_parameter',
    'messages[2].content[1].source',
  ],
  [
    'a picture that cannot be sent',
    'responses',
    'words/bedrock',
    { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://example.com/a.png' }] }] },
    'unsupported_parameter',
    'input[0].content[0].image_url',
  ],
  [
    'a document that cannot be read',
    'responses',
    'words/plain-openai',
    {
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'x' },
            { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' },
          ],
        },
      ],
    },
    'invalid_value',
    'input[0].content[1].file_data',
  ],
  [
    'a document that cannot be read',
    'messages',
    'words/plain-openai',
    {
      system: 'x',
      messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'base64', ...NO_PDF } }] }],
    },
    'invalid_value',
    'messages[0].content[0].source',
  ],
  [
    'a result of no call',
    'responses',
    'words/google',
    { instructions: 'x', input: [hi, { type: 'function_call_output', call_id: 'c', output: 'x' }] },
    'invalid_value',
    'input[1].call_id',
  ],
  [
    'a result of no call',
    'messages',
    'words/google',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'x' },
            { type: 'tool_result', tool_use_id: 'c' },
          ],
        },
      ],
    },
    'invalid_value',
    'messages[0].content[1].tool_use_id',
  ],
  [
    'a tool of a kind that cannot be sent',
    'responses',
    'words/anthropic',
    {
      input: 'hi',
      tools: [
        { type: 'function', name: 'f', parameters: SCHEMA },
        { type: 'custom', name: 'c' },
      ],
    },
    'unsupported_parameter',
    'tools[1]',
  ],
  [
    'an effort that there is none',
    'responses',
    'words/google',
    { input: 'hi', reasoning: { effort: 'colossal' } },
    'invalid_value',
    'reasoning.effort',
  ],
  [
    'an effort that there is none',
    'messages',
    'words/google',
    { messages: [hi], thinking: { type: 'adaptive' }, output_config: { effort: 'colossal' } },
    'invalid_value',
    'output_config.effort',
  ],
  [
    'an effort that there is none',
    'completions',
    'words/google',
    { prompt: 'hi', reasoning: { effort: 'colossal' } },
    'invalid_value',
    'reasoning.effort',
  ],
  [
    'a schema that a model cannot be held to',
    'responses',
    'words/plain-google',
    { input: 'hi', text: { format: { type: 'json_schema', name: 'n', schema: SCHEMA } } },
    'unsupported_parameter',
    'text.format',
  ],
  [
    'a schema that a model cannot be held to',
    'messages',
    'words/plain-google',
    { messages: [hi], output_config: { format: { type: 'json_schema', schema: SCHEMA } } },
    'unsupported_parameter',
    'output_config.format',
  ],
  [
    'what an endpoint must take',
    'responses',
    'words/plain-openai',
    {
      input: 'hi',
      text: { format: { type: 'json_schema', name: 'n', schema: SCHEMA } },
      require_parameters: true,
    },
    'unsupported_parameter',
    'text.format',
  ],
  [
    'what an endpoint must take',
    'messages',
    'words/plain-openai',
    {
      messages: [hi],
      output_config: { format: { type: 'json_schema', schema: SCHEMA } },
      require_parameters: true,
    },
    'unsupported_parameter',
    'output_config.format',
  ],
  [
    'what an endpoint must take',
    'completions',
    'words/google',
    { prompt: 'hi', logit_bias: { 1: 1 }, require_parameters: true },
    'unsupported_parameter',
    'logit_bias',
  ],
  [
    'what no endpoint has room for',
    'responses',
    'demo-echo',
    { input: 'x '.repeat(200_000), policy: { region: 'nowhere' } },
    'no_endpoint_satisfies_policy',
    'policy.region',
  ],
];

describe('a refusal names the parameter as its client sent it', () => {
  it.each(ROWS)('%s (%s, %s)', async (_, format, model, body, code, param) => {
    const answer = await ask(format, { model, ...body });
    expectNamed(answer, answer.status, code, param);
  });
});
