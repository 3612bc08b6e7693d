import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Answer, call, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

let key = '';

/** A model for each wire, at a provider that nobody asks unless a test answers for it. */
const WIRES = ['openai', 'anthropic', 'google', 'bedrock'] as const;

async function put(path: string, body: object): Promise<void> {
  const answer = await call('PUT', path, { key: OPERATOR, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

beforeAll(async () => {
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
});
afterEach(() => vi.unstubAllGlobals());

const FORMATS = {
  responses: '/v1/responses',
  messages: '/v1/messages',
  completions: '/v1/completions',
} as const;
type Format = keyof typeof FORMATS;

const ask = (format: Format, body: object): Promise<Answer> =>
  call('POST', FORMATS[format], {
    key,
    body: { ...(format === 'messages' ? { max_tokens: 9 } : {}), ...body },
  });

/** Members of chat completions that these formats have not, or have elsewhere. */
const OF_CHAT =
  /max_completion_tokens|response_format|tool_call_id|tool_calls|image_url\.url|file\.file_data|reasoning_effort|function\./;

function expectNamed(answer: Answer, status: number, code: string, param: string | null): void {
  const { error } = answer.body;
  expect({ status: answer.status, code: error.code, param: error.param ?? null }, error.message).toEqual({
    status,
    code,
    param,
  });
  expect(error.message).not.toMatch(OF_CHAT);
}

const hi = { role: 'user', content: 'hi' };
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

/** Lets the provider of the openai wire refuse a parameter of the chat completion that it is sent. */
function refuse(param: string): void {
  const real = globalThis.fetch;
  vi.stubGlobal('fetch', async (url: RequestInfo | URL, init?: RequestInit) => {
    if (!String(url).startsWith('http://127.0.0.1:9/')) return real(url, init);
    const error = {
      message: `Invalid '${param}': not so.`,
      type: 'invalid_request_error',
      code: 'invalid_value',
      param,
    };
    return Response.json({ error }, { status: 400 });
  });
}

describe('a provider’s refusal names the parameter as its client sent it', () => {
  it.each<[Format, object, string, string]>([
    ['responses', { instructions: 'x', input: [hi] }, 'messages[1].content', 'input[0].content'],
    ['responses', { input: 'hi', max_output_tokens: 9 }, 'max_completion_tokens', 'max_output_tokens'],
    ['responses', { input: 'hi', reasoning: { effort: 'low' } }, 'reasoning_effort', 'reasoning.effort'],
    ['messages', { system: 'x', messages: [hi] }, 'messages[1].content', 'messages[0].content'],
    ['messages', { messages: [hi], stop_sequences: ['x'] }, 'stop', 'stop_sequences'],
    ['messages', { messages: [hi] }, 'max_completion_tokens', 'max_tokens'],
    ['completions', { prompt: 'hi', max_tokens: 9 }, 'max_completion_tokens', 'max_tokens'],
    ['completions', { prompt: 'hi' }, 'messages[0].content', 'prompt'],
  ])('%s %j: %s is %s', async (format, body, refused, param) => {
    refuse(refused);
    const answer = await ask(format, { model: 'words/openai', ...body });
    expectNamed(answer, 400, answer.body.error.code, param);
    expect(answer.body.error.message).toBe(`Invalid '${param}': not so.`);
  });

  it('also in the middle of a stream', async () => {
    const chunk = {
      id: 'c',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'up',
      choices: [{ index: 0, delta: { content: 'Well' }, finish_reason: null }],
    };
    const error = { message: "Invalid 'messages[1].content'.", code: 400, param: 'messages[1].content' };
    vi.stubGlobal('fetch', async () => {
      const events = [chunk, { error }].map((event) => `data: ${JSON.stringify(event)}\n\n`);
      const body = new ReadableStream<Uint8Array>(
        {
          pull(stream) {
            const event = events.shift();
            if (event === undefined) stream.close();
            else stream.enqueue(new TextEncoder().encode(event));
          },
        },
        // The second is there when it is asked for: the answer has begun then.
        { highWaterMark: 0 },
      );
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    });
    const body = { model: 'words/openai', instructions: 'x', input: [hi], stream: true, midstream: 'error' };
    const { body: text } = await ask('responses', body);
    const events = String(text)
      .split('\n')
      .filter((line) => line.startsWith('data: {'));
    const said = events.map(
      (line) => JSON.parse(line.slice(6)).response?.error ?? JSON.parse(line.slice(6)).error,
    );
    expect(said.filter(Boolean)).toContainEqual(
      expect.objectContaining({ param: 'input[0].content', message: "Invalid 'input[0].content'." }),
    );
  });
});

describe('headers name parameters as their client sent them', () => {
  // What 100 tokens cost, at 1 USD per 1M.
  const policy = { max_cost_usd: 0.0001 };

  it.each<[Format, object, string | null, RegExp | null]>([
    ['responses', { input: 'hi', max_output_tokens: 900, policy }, null, /^max_output_tokens=\d\d$/],
    ['messages', { messages: [hi], max_tokens: 900, policy }, null, /^max_tokens=\d\d$/],
    ['completions', { prompt: 'hi', max_tokens: 900, policy }, null, /^max_tokens=\d\d$/],
    ['responses', { input: 'hi', text: { verbosity: 'low' } }, 'text.verbosity', null],
    [
      'messages',
      { messages: [hi], stop_sequences: ['x'], metadata: { user_id: 'u' } },
      'stop_sequences, metadata.user_id',
      null,
    ],
  ])('%s %j', async (format, body, dropped, adjusted) => {
    vi.stubGlobal('fetch', async () =>
      Response.json({
        id: 'c',
        object: 'chat.completion',
        created: 1,
        model: 'up',
        choices: [{ index: 0, message: { role: 'assistant', content: '{}' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      }),
    );
    const answer = await ask(format, { model: 'words/openai', ...body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.headers.get('x-dropped-params')?.split(', ').sort().join(', ') ?? null).toBe(
      dropped?.split(', ').sort().join(', ') ?? null,
    );
    const limit = answer.headers.get('x-adjusted-params');
    if (adjusted === null) expect(limit).toBeNull();
    else expect(limit).toMatch(adjusted);
  });
});
