import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import { demoFetch } from '../../../src/providers/demo/index.ts';
import { type Answer, ask, askStream, chat, deltas, finishReasons, textOf } from './support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const WEATHER: JsonObject = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: {
        city: { type: 'string' },
        unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
        days: { type: 'integer', minimum: 3 },
      },
      required: ['city', 'unit', 'days'],
      additionalProperties: false,
    },
  },
};
const CLOCK: JsonObject = { type: 'function', function: { name: 'get_time' } };

describe('demo-tools', () => {
  it('calls the first tool with arguments that fit', async () => {
    const { body } = await ask(chat('demo-tools', 'Paris', { tools: [WEATHER, CLOCK] }));
    const choice = body.choices[0];
    expect(choice?.finish_reason).toBe('tool_calls');
    expect(choice?.message.content).toBeNull();
    expect(choice?.message.tool_calls).toHaveLength(1);
    const call = choice?.message.tool_calls?.[0];
    expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather' } });
    expect(call?.id).toMatch(/^call_/);
    expect(JSON.parse(call?.function.arguments ?? '')).toEqual({ city: 'Paris', unit: 'celsius', days: 3 });
  });

  it('streams the call in several deltas', async () => {
    const { chunks } = await askStream(chat('demo-tools', 'Paris', { tools: [WEATHER], stream: true }));
    const calls = deltas(chunks).flatMap((delta) => delta.tool_calls ?? []);
    expect(calls[0]).toMatchObject({
      index: 0,
      type: 'function',
      function: { name: 'get_weather', arguments: '' },
    });
    expect(calls[0]?.id).toMatch(/^call_/);
    expect(calls.length).toBeGreaterThan(3);
    expect(calls.slice(1).every((call) => call.index === 0 && !call.id && !call.function.name)).toBe(true);
    const sent = calls.map((call) => call.function.arguments).join('');
    expect(JSON.parse(sent)).toEqual({ city: 'Paris', unit: 'celsius', days: 3 });
    expect(finishReasons(chunks)).toEqual(['tool_calls']);
    expect(textOf(chunks)).toBe('');
  });

  it('gives every call of an answer its own id', async () => {
    const { body } = await ask(chat('demo-tools', 'Paris', { tools: [WEATHER], n: 3 }));
    expect(new Set(body.choices.map((choice) => choice.message.tool_calls?.[0]?.id)).size).toBe(3);
  });

  it('obeys tool_choice', async () => {
    const named = { type: 'function', function: { name: 'get_time' } };
    const forced = await ask(chat('demo-tools', 'Paris', { tools: [WEATHER, CLOCK], tool_choice: named }));
    expect(forced.body.choices[0]?.message.tool_calls?.[0]?.function).toEqual({
      name: 'get_time',
      arguments: '{}',
    });
    const none = await ask(chat('demo-tools', 'Paris', { tools: [WEATHER], tool_choice: 'none' }));
    expect(none.body.choices[0]?.message.tool_calls).toBeUndefined();
    expect(none.body.choices[0]?.finish_reason).toBe('stop');
  });

  it('refuses a tool_choice that names no tool', async () => {
    const named = { type: 'function', function: { name: 'nowhere' } };
    const { response, body } = await ask(chat('demo-tools', 'Hi', { tools: [CLOCK], tool_choice: named }));
    expect([response.status, body.error?.param]).toEqual([400, 'tool_choice']);
  });

  it('answers with the results once they are there, and calls again at the next question', async () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'get_time', arguments: '{}' } };
    const messages = [
      { role: 'user', content: 'What time is it?' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: 'half past nine' },
    ];
    const answered = await ask(chat('demo-tools', '', { tools: [CLOCK], messages }));
    expect(answered.body.choices[0]).toMatchObject({
      message: { content: 'The tool answered: "half past nine"' },
      finish_reason: 'stop',
    });
    const more = [
      ...messages,
      { role: 'assistant', content: 'Half past nine.' },
      { role: 'user', content: 'And now?' },
    ];
    const again = await ask(chat('demo-tools', '', { tools: [CLOCK], messages: more }));
    expect(again.body.choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('says so when there is no tool', async () => {
    const { body } = await ask(chat('demo-tools', 'Paris'));
    expect(body.choices[0]?.message.content).toContain('no tool');
  });
});

describe('models without tools', () => {
  const named = { type: 'function', function: { name: 'get_time' } };
  const allowed = (mode: string) => ({ type: 'allowed_tools', allowed_tools: { mode, tools: [named] } });

  it.each([
    'demo-echo',
    'demo-slow',
    'demo-json',
    'demo-sloppy',
    'demo-reasoning',
    'demo-break',
    'demo-stall',
  ])('refuse that %s must call one', async (model) => {
    for (const choice of [
      'required',
      named,
      { type: 'custom', custom: { name: 'x' } },
      allowed('required'),
    ]) {
      const { response, body } = await ask(chat(model, 'Hi', { tools: [CLOCK], tool_choice: choice }));
      expect(response.status).toBe(400);
      expect(body.error).toMatchObject({ type: 'invalid_request_error', param: 'tool_choice' });
      expect(body.error?.message).toContain('demo-tools');
    }
  });

  it.each([undefined, null, 'auto', 'none', allowed('auto')])(
    'take no notice of the choice %j',
    async (choice) => {
      const more = choice === undefined ? {} : { tool_choice: choice };
      const { body } = await ask(chat('demo-echo', 'Hi', { tools: [CLOCK], ...more }));
      expect(body.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Hi' } });
    },
  );
});

describe('demo-json', () => {
  it('answers JSON that fits the schema', async () => {
    const schema = {
      type: 'object',
      properties: {
        title: { type: 'string' },
        tags: { type: 'array', items: { enum: ['a', 'b'] }, minItems: 2 },
      },
      required: ['title', 'tags'],
    };
    const format = { type: 'json_schema', json_schema: { name: 'page', strict: true, schema } };
    const { chunks } = await askStream(
      chat('demo-json', 'A page', { response_format: format, stream: true }),
    );
    expect(JSON.parse(textOf(chunks))).toEqual({ title: 'A page', tags: ['a', 'a'] });
  });

  it('answers a small object for json_object', async () => {
    const { body } = await ask(chat('demo-json', 'Hi', { response_format: { type: 'json_object' } }));
    expect(JSON.parse(body.choices[0]?.message.content ?? '')).toEqual({ answer: 'Hi' });
  });
});

describe('demo-reasoning', () => {
  it('thinks first, then answers, and counts both', async () => {
    const { chunks } = await askStream(
      chat('demo-reasoning', 'Hello there', { stream: true, stream_options: { include_usage: true } }),
    );
    const kinds = deltas(chunks).flatMap((delta) => {
      if (delta.reasoning_content) return ['thought'];
      return delta.content ? ['text'] : [];
    });
    const thoughts = kinds.filter((kind) => kind === 'thought').length;
    expect(thoughts).toBeGreaterThan(5);
    expect(kinds.lastIndexOf('thought')).toBeLessThan(kinds.indexOf('text'));
    expect(textOf(chunks)).toBe('You said: Hello there');
    const usage = chunks.at(-1)?.usage;
    expect(usage?.completion_tokens_details.reasoning_tokens).toBe(thoughts);
    expect(usage?.completion_tokens).toBe(thoughts + 4);
  });

  it('has the thought in whole answers, and none when asked for none', async () => {
    const thinking = await ask(chat('demo-reasoning', 'Hello there'));
    expect(thinking.body.choices[0]?.message.reasoning_content).toContain('sent 2 tokens');
    const silent = await ask(chat('demo-reasoning', 'Hello there', { reasoning_effort: 'none' }));
    expect(silent.body.choices[0]?.message).not.toHaveProperty('reasoning_content');
    expect(silent.body.usage?.completion_tokens_details.reasoning_tokens).toBe(0);
  });
});

describe('pace', () => {
  it('echoes a word every 20 ms', async () => {
    const { atMs } = await askStream(chat('demo-echo', 'one two three', { stream: true }));
    expect(atMs).toEqual([20, 20, 40, 60, 60]);
  });

  it('is slow where it should be, streamed or not', async () => {
    const { atMs } = await askStream(chat('demo-slow', 'one two three', { stream: true }));
    expect(atMs).toEqual([1500, 1500, 1800, 2100, 2100]);
    let answered = false;
    const whole = demoFetch(chat('demo-slow', 'one two three')).then(() => {
      answered = true;
    });
    await vi.advanceTimersByTimeAsync(2099);
    expect(answered).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await whole;
    expect(answered).toBe(true);
  });
});

describe('failures', () => {
  const status = async (model: string): Promise<[number, Answer['error'], Headers]> => {
    const { response, body } = await ask(chat(model, 'Hi', { stream: true }));
    return [response.status, body.error, response.headers];
  };

  it('demo-fail is 500', async () => {
    const [code, error] = await status('demo-fail');
    expect([code, error?.type, error?.code]).toEqual([500, 'server_error', null]);
  });

  it('demo-limited is 429 and says when to come again', async () => {
    const [code, error, headers] = await status('demo-limited');
    expect([code, error?.code, headers.get('retry-after')]).toEqual([429, 'rate_limit_exceeded', '2']);
  });

  it('demo-flaky fails every second time', async () => {
    const seen: number[] = [];
    for (let i = 0; i < 4; i++) seen.push((await ask(chat('demo-flaky', 'Hi'))).response.status);
    expect(seen).toEqual([200, 503, 200, 503]);
  });

  it('demo-break ends after a third, without a reason', async () => {
    const { chunks, done } = await askStream(chat('demo-break', 'Hi', { stream: true }));
    expect(done).toBe(false);
    expect(textOf(chunks)).toBe('This answer has thirty words, so a third of it');
    expect(finishReasons(chunks)).toEqual([]);
    expect((await ask(chat('demo-break', 'Hi'))).response.status).toBe(500);
  });
});
