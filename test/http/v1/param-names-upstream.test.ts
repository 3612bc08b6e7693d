import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, expectNamed, type Format, hi, prepare } from './named-params.ts';

beforeAll(prepare);
afterEach(() => vi.unstubAllGlobals());

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
