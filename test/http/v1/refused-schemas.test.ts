import { beforeAll, describe, expect, it } from 'vitest';
import { call, newKey, newWorkspace } from '../../support/gateway.ts';
import { format, messages } from './city-schema.ts';

let key = '';
beforeAll(async () => {
  key = (await newKey((await newWorkspace()).id)).key;
});

describe('what is no schema is refused by name', () => {
  it.each<[string, object, string, string]>([
    [
      '/v1/chat/completions',
      { messages, response_format: { type: 'json_schema' } },
      'missing_parameter',
      'response_format.json_schema',
    ],
    [
      '/v1/chat/completions',
      { messages, response_format: format({ schema: 'nope' }) },
      'invalid_type',
      'response_format.json_schema.schema',
    ],
    [
      '/v1/completions',
      { prompt: 'hi', response_format: format({ schema: 'nope' }) },
      'invalid_type',
      'response_format.json_schema.schema',
    ],
    [
      '/v1/responses',
      { input: 'hi', text: { format: { type: 'json_schema', name: 'n', schema: 'nope' } } },
      'invalid_type',
      'text.format.schema',
    ],
    [
      '/v1/messages',
      { max_tokens: 9, messages, output_config: { format: { type: 'json_schema', schema: 'nope' } } },
      'invalid_type',
      'output_config.format.schema',
    ],
  ])('%s %j', async (path, body, code, param) => {
    const answer = await call('POST', path, { key, body: { model: 'demo-json', ...body } });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code, param });
  });
});
