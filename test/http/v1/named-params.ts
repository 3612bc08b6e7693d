import { expect } from 'vitest';
import { type Answer, call, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

let key = '';

/** A model for each wire, at a provider that nobody asks unless a test answers for it. */
const WIRES = ['openai', 'anthropic', 'google', 'bedrock'] as const;

async function put(path: string, body: object): Promise<void> {
  const answer = await call('PUT', path, { key: OPERATOR, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

/** Makes a key, the providers and their models. */
export async function prepare(): Promise<void> {
  key = (await newKey((await newWorkspace()).id)).key;
  for (const wire of WIRES) {
    const quirks = { drop: ['verbosity', 'stop', 'user'] };
    const provider = { base_url: 'http://127.0.0.1:9/v1', wire, auth: 'none', allow_private: true, quirks };
    await put(`/api/providers/words-${wire}`, provider);
    // One that is asked by a budget of thinking.
    const name = wire === 'google' ? 'gemini-2.5-flash' : 'up';
    const upstream = { provider: `words-${wire}`, upstream_model: name, price: { input: 1, output: 1 } };
    await put(`/api/models/words%2F${wire}`, { kind: 'chat', endpoints: [upstream] });
    const capabilities = { structured_output: false, temperature: false, attachments: true };
    const endpoints = [{ ...upstream, capabilities }];
    await put(`/api/models/words%2Fplain-${wire}`, { kind: 'chat', endpoints });
  }
}

const FORMATS = {
  responses: '/v1/responses',
  messages: '/v1/messages',
  completions: '/v1/completions',
} as const;
export type Format = keyof typeof FORMATS;

export const ask = (format: Format, body: object): Promise<Answer> =>
  call('POST', FORMATS[format], {
    key,
    body: { ...(format === 'messages' ? { max_tokens: 9 } : {}), ...body },
  });

/** Members of chat completions that these formats have not, or have elsewhere. */
const OF_CHAT =
  /max_completion_tokens|response_format|tool_call_id|tool_calls|image_url\.url|file\.file_data|reasoning_effort|function\./;

export function expectNamed(answer: Answer, status: number, code: string, param: string | null): void {
  const { error } = answer.body;
  expect({ status: answer.status, code: error.code, param: error.param ?? null }, error.message).toEqual({
    status,
    code,
    param,
  });
  expect(error.message).not.toMatch(OF_CHAT);
}

export const hi = { role: 'user', content: 'hi' };
