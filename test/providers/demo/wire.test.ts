import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { demoFetch } from '../../../src/providers/demo/index.ts';
import { type Answer, ask, askStream, chat, deltas, finishReasons, textOf, URL_OF_CHAT } from './support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function refusal(request: Request): Promise<[number, Answer['error']]> {
  const response = await demoFetch(request);
  return [response.status, (await response.json<Answer>()).error];
}

const post = (body: string): Request => new Request(URL_OF_CHAT, { method: 'POST', body });

describe('whole answers', () => {
  it('answers a chat.completion with usage', async () => {
    const { response, body } = await ask(chat('demo-echo', 'Hello, Interline'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(body).toMatchObject({ object: 'chat.completion', model: 'demo-echo' });
    expect(body.id).toMatch(/^chatcmpl-[0-9a-f]{32}$/);
    expect(Math.abs(body.created - Date.now() / 1000)).toBeLessThan(300);
    expect(body.choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: 'Hello, Interline', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ]);
    // 2 words, and 3 for the message around them.
    expect(body.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 });
    expect(body.usage?.prompt_tokens_details.cached_tokens).toBe(0);
    expect(body.usage?.completion_tokens_details.reasoning_tokens).toBe(0);
  });

  it('gives n choices and counts the tokens of all', async () => {
    const { body } = await ask(chat('demo-echo', 'one two three', { n: 2 }));
    expect(body.choices.map((choice) => [choice.index, choice.message.content])).toEqual([
      [0, 'one two three'],
      [1, 'one two three'],
    ]);
    expect(body.usage).toMatchObject({ prompt_tokens: 6, completion_tokens: 6, total_tokens: 12 });
  });

  it.each(['max_tokens', 'max_completion_tokens'])('ends at %s with the reason length', async (name) => {
    const { body } = await ask(chat('demo-echo', 'one two three four', { [name]: 2 }));
    expect(body.choices[0]).toMatchObject({ message: { content: 'one two' }, finish_reason: 'length' });
    expect(body.usage?.completion_tokens).toBe(2);
  });

  it('says no more than 4096 tokens, whatever is asked for', async () => {
    const { body } = await ask(chat('demo-echo', 'word '.repeat(10_000), { max_tokens: 9000 }));
    expect(body.choices[0]?.finish_reason).toBe('length');
    expect(body.choices[0]?.message.content).toBe('word '.repeat(4096).trimEnd());
    expect(body.usage).toMatchObject({ prompt_tokens: 10_004, completion_tokens: 4096 });
  });

  it('does not say length when the answer has just as many tokens', async () => {
    const { body } = await ask(chat('demo-echo', 'one two', { max_tokens: 2 }));
    expect(body.choices[0]?.finish_reason).toBe('stop');
  });

  it.each([
    ['three', 'one two '],
    [['nowhere', 'o th'], 'one tw'],
    [['three', 'two'], 'one '],
    ['one', ''],
    ['nowhere', 'one two three'],
  ])('ends before the stop sequence %j', async (stop, text) => {
    const { body } = await ask(chat('demo-echo', 'one two three', { stop }));
    expect(body.choices[0]).toMatchObject({ message: { content: text }, finish_reason: 'stop' });
  });

  it('says white space, long words and other scripts as they came', async () => {
    const text = `  two\n\nlines ${'x'.repeat(40)} 日本語 👩‍👩‍👧 \n`;
    expect((await ask(chat('demo-echo', text))).body.choices[0]?.message.content).toBe(text);
    expect(textOf((await askStream(chat('demo-echo', text, { stream: true }))).chunks)).toBe(text);
  });

  it('reads text parts, and the last of several user messages', async () => {
    const messages = [
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'first' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'second' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
    ];
    const { body } = await ask(chat('demo-echo', '', { messages }));
    expect(body.choices[0]?.message.content).toBe('second');
    // 3 messages of one word, and 85 for the image.
    expect(body.usage?.prompt_tokens).toBe(3 * (3 + 1) + 85);
  });
});

describe('streams', () => {
  it('sends the role, a delta per word, the reason, usage and [DONE]', async () => {
    const { chunks, done } = await askStream(
      chat('demo-echo', 'Hello, dear world', { stream: true, stream_options: { include_usage: true } }),
    );
    expect(done).toBe(true);
    expect(deltas(chunks)).toEqual([
      { role: 'assistant', content: '' },
      { content: 'Hello,' },
      { content: ' dear' },
      { content: ' world' },
      {},
    ]);
    expect(finishReasons(chunks)).toEqual(['stop']);
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(chunks.every((chunk) => chunk.object === 'chat.completion.chunk')).toBe(true);
    const last = chunks.at(-1);
    expect(last?.choices).toEqual([]);
    expect(last?.usage).toMatchObject({ prompt_tokens: 6, completion_tokens: 3, total_tokens: 9 });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  it('sends no usage that was not asked for', async () => {
    const { chunks, done } = await askStream(chat('demo-echo', 'Hello', { stream: true }));
    expect(done).toBe(true);
    expect(chunks.filter((chunk) => 'usage' in chunk)).toEqual([]);
    expect(chunks.every((chunk) => chunk.choices.length === 1)).toBe(true);
  });

  it('sends every choice, each with its reason', async () => {
    const { chunks } = await askStream(chat('demo-echo', 'one two', { stream: true, n: 3 }));
    for (const choice of [0, 1, 2]) expect(textOf(chunks, choice)).toBe('one two');
    expect(finishReasons(chunks)).toEqual(['stop', 'stop', 'stop']);
  });

  it('keeps to the limits of the request', async () => {
    const limited = await askStream(chat('demo-echo', 'one two three', { stream: true, max_tokens: 1 }));
    expect([textOf(limited.chunks), finishReasons(limited.chunks)]).toEqual(['one', ['length']]);
    const stopped = await askStream(chat('demo-echo', 'one two three', { stream: true, stop: 'wo' }));
    expect([textOf(stopped.chunks), finishReasons(stopped.chunks)]).toEqual(['one t', ['stop']]);
  });
});

describe('refusals', () => {
  it('does not know other models', async () => {
    expect(await refusal(chat('gpt-4o', 'Hi'))).toEqual([
      404,
      {
        message: 'The model `gpt-4o` does not exist or you do not have access to it.',
        type: 'invalid_request_error',
        param: null,
        code: 'model_not_found',
      },
    ]);
  });

  it.each([['{"model":'], ['[]'], [''], ['"text"']])('refuses the body %j', async (body) => {
    const [status, error] = await refusal(post(body));
    expect([status, error?.type]).toEqual([400, 'invalid_request_error']);
    expect(error?.message).toContain('JSON');
  });

  it.each([
    [{ messages: null }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ n: 0 }, 'n'],
    [{ n: 129 }, 'n'],
    [{ max_tokens: 'many' }, 'max_tokens'],
    [{ max_completion_tokens: 0 }, 'max_completion_tokens'],
    [{ max_tokens: 1.5 }, 'max_tokens'],
    [{ stop: 7 }, 'stop'],
    [{ stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
  ])('refuses %j and names the parameter', async (members, param) => {
    const [status, error] = await refusal(chat('demo-echo', 'Hi', members));
    expect([status, error?.type, error?.param]).toEqual([400, 'invalid_request_error', param]);
  });

  it('wants a model and messages', async () => {
    expect((await refusal(post('{"messages":[]}')))[0]).toBe(400);
    expect((await refusal(post('{"model":"demo-echo"}')))[1]?.code).toBe('missing_required_parameter');
  });

  it('does not read more than its context', async () => {
    const [status, error] = await refusal(chat('demo-echo', 'a '.repeat(1_000_000)));
    expect([status, error?.code]).toEqual([400, 'context_length_exceeded']);
  });

  it('serves one address and one method', async () => {
    expect((await demoFetch(new Request('https://demo.interline.invalid/v1/models'))).status).toBe(404);
    const wrong = await demoFetch(new Request(URL_OF_CHAT));
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  });
});
