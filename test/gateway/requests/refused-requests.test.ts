import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { MESSAGES, read } from './support.ts';

function refusal(body: unknown): { code: string; param: string | null } {
  try {
    read(body);
  } catch (error) {
    if (error instanceof GatewayError) return { code: error.code, param: error.param };
    throw error;
  }
  throw new Error('was accepted');
}

describe('readChatRequest', () => {
  const refused: [name: string, body: unknown, code: string, param: string | null][] = [
    ['an empty body', '', 'invalid_json', null],
    ['white space', '  \n', 'invalid_json', null],
    ['half an object', '{"model":"m","messages":[', 'invalid_json', null],
    ['trailing text', '{"model":"m","messages":[{}]} x', 'invalid_json', null],
    ['an error deep inside', '{"model":"m","messages":[{"role":}]}', 'invalid_json', null],
    ['an array', '[]', 'invalid_type', null],
    [
      'more models than anybody tries',
      { model: 'm', messages: MESSAGES, models: Array.from({ length: 101 }, () => 'auto') },
      'invalid_value',
      'models',
    ],
    ['a string', '"hello"', 'invalid_type', null],
    ['null', 'null', 'invalid_type', null],
    ['no model', { messages: MESSAGES }, 'missing_parameter', 'model'],
    ['a model that is null', { model: null, messages: MESSAGES }, 'invalid_type', 'model'],
    ['a model that is a number', { model: 4, messages: MESSAGES }, 'invalid_type', 'model'],
    ['an empty model', { model: '', messages: MESSAGES }, 'invalid_value', 'model'],
    ['no messages', { model: 'm' }, 'missing_parameter', 'messages'],
    ['messages that are text', { model: 'm', messages: 'hi' }, 'invalid_type', 'messages'],
    ['no message at all', '{"model":"m","messages":[ \n ]}', 'invalid_value', 'messages'],
    ['stream as text', { model: 'm', messages: MESSAGES, stream: 'true' }, 'invalid_type', 'stream'],
    [
      'stream_options as text',
      { model: 'm', messages: MESSAGES, stream_options: 'x' },
      'invalid_type',
      'stream_options',
    ],
    [
      'include_usage as text',
      { model: 'm', messages: MESSAGES, stream_options: { include_usage: 'yes' } },
      'invalid_type',
      'stream_options.include_usage',
    ],
    ['max_tokens of zero', { model: 'm', messages: MESSAGES, max_tokens: 0 }, 'invalid_value', 'max_tokens'],
    ['max_tokens as text', { model: 'm', messages: MESSAGES, max_tokens: '9' }, 'invalid_type', 'max_tokens'],
    ['n of zero', { model: 'm', messages: MESSAGES, n: 0 }, 'invalid_value', 'n'],
    ...(
      [
        ['text', 'json', 'invalid_type', 'response_format'],
        ['no definition', { type: 'json_schema' }, 'missing_parameter', 'response_format.json_schema'],
        [
          'a definition that is text',
          { type: 'json_schema', json_schema: 'x' },
          'invalid_type',
          'response_format.json_schema',
        ],
        [
          'a schema without a name',
          { type: 'json_schema', json_schema: { schema: {} } },
          'missing_parameter',
          'response_format.json_schema.name',
        ],
        [
          'a name that is none',
          { type: 'json_schema', json_schema: { name: 1, schema: {} } },
          'invalid_type',
          'response_format.json_schema.name',
        ],
        [
          'a schema that is none',
          { type: 'json_schema', json_schema: { name: 'n', schema: 'nope' } },
          'invalid_type',
          'response_format.json_schema.schema',
        ],
      ] as const
    ).map(([name, response_format, code, param]): [string, unknown, string, string] => [
      `a response_format with ${name}`,
      { model: 'm', messages: MESSAGES, response_format },
      code,
      param,
    ]),
    ['models as text', { model: 'm', messages: MESSAGES, models: 'x' }, 'invalid_type', 'models'],
    [
      'a model of models that is no text',
      { model: 'm', messages: MESSAGES, models: ['a', 1] },
      'invalid_type',
      'models[1]',
    ],
    ['provider as text', { model: 'm', messages: MESSAGES, provider: 'x' }, 'invalid_type', 'provider'],
    [
      'a provider preference that is unknown',
      { model: 'm', messages: MESSAGES, provider: { zdr: true } },
      'unsupported_parameter',
      'provider.zdr',
    ],
    [
      'a cut-off by a percentile that is not measured',
      { model: 'm', messages: MESSAGES, provider: { preferred_max_latency: { p90: 3 } } },
      'unsupported_parameter',
      'provider.preferred_max_latency.p90',
    ],
    ['a policy that is a number', { model: 'm', messages: MESSAGES, policy: 3 }, 'invalid_type', 'policy'],
    ['a policy without a name', { model: 'm', messages: MESSAGES, policy: '' }, 'invalid_value', 'policy'],
    [
      'a policy that costs nothing',
      { model: 'm', messages: MESSAGES, policy: { max_cost_usd: 0 } },
      'invalid_value',
      'policy.max_cost_usd',
    ],
    [
      'a field that policies do not have',
      { model: 'm', messages: MESSAGES, policy: { max_cost: 1 } },
      'unsupported_parameter',
      'policy.max_cost',
    ],
    [
      'an accuracy over 1',
      { model: 'm', messages: MESSAGES, policy: { min_accuracy: 92 } },
      'invalid_value',
      'policy.min_accuracy',
    ],
    [
      'a midstream mode that is unknown',
      { model: 'm', messages: MESSAGES, midstream: 'again' },
      'invalid_value',
      'midstream[0]',
    ],
    [
      'a session id of 257 characters',
      { model: 'm', messages: MESSAGES, session_id: 'x'.repeat(257) },
      'invalid_value',
      'session_id',
    ],
    [
      'a workflow that is no text',
      { model: 'm', messages: MESSAGES, workflow: {} },
      'invalid_type',
      'workflow',
    ],
  ];
  for (const [name, body, code, param] of refused) {
    it(`refuses ${name}`, () => expect(refusal(body)).toEqual({ code, param }));
  }
});
