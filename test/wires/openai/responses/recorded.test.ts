import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../src/errors.ts';
import { isObject, parseJson } from '../../../../src/lib/json.ts';
import { readResponseRequest } from '../../../../src/wires/openai/responses/index.ts';
import { decoderOf, RECORDED_STREAMS } from '../../../support/recorded-streams.ts';
import { checkResponseEvents, responseEvents } from '../../../support/response-events.ts';
import { LABELS, LAST, recordedRequest } from './support.ts';

function readRecorded(name: string) {
  const { chat, dropped } = readResponseRequest(recordedRequest(name));
  const { messages, ...rest } = chat;
  return { messages, rest, dropped };
}

describe('recorded requests', () => {
  test('instructions, a strict function and reasoning', () => {
    const { messages, rest, dropped } = readRecorded(
      'openai-resp-j-openai-responses-thinking-with-tool-calls-0',
    );
    expect(messages).toMatchObject([
      { role: 'system', content: expect.stringMatching(/^You are a helpful assistant that uses planning\./) },
      { role: 'user', content: expect.stringMatching(/^Compose a 12-line poem/) },
    ]);
    expect(rest).toEqual({
      model: 'gpt-5',
      reasoning_effort: 'low',
      stream: false,
      tool_choice: 'auto',
      tools: [
        {
          type: 'function',
          function: {
            name: 'update_plan',
            parameters: {
              additionalProperties: false,
              properties: { plan: { type: 'string' } },
              required: ['plan'],
              type: 'object',
            },
            strict: true,
          },
        },
      ],
    });
    expect(dropped).toEqual(['reasoning.summary']);
  });

  test('two messages of the assistant, calls and outputs', () => {
    const { messages, rest } = readRecorded('deepseek-resp-j-deepseek-responses-replay-unsent-item-ids-0');
    const call = (id: string, name: string, path: string) => ({
      id,
      type: 'function',
      function: { name, arguments: `{"path":"${path}"}` },
    });
    expect(messages).toEqual([
      { role: 'assistant', content: '<think>\ninspect inputs\n</think>' },
      {
        role: 'assistant',
        content: '<think>\ninspect views\n</think>',
        tool_calls: [call('call-a', 'read', 'a'), call('call-b', 'view', 'b')],
      },
      { role: 'tool', tool_call_id: 'call-a', content: 'contents-a' },
      { role: 'tool', tool_call_id: 'call-b', content: 'contents-b' },
      { role: 'user', content: 'Reply exactly: done' },
    ]);
    expect(rest).toEqual({ model: 'deepseek-v4-flash', stream: false });
  });

  test('open reasoning before a call', () => {
    const { messages, dropped } = readRecorded('deepseek-resp-s-deepseek-responses-function-tool-stream-1');
    const id = 'call_00_xjY8Z2BvSlzgEmmw0DtH0464';
    expect(messages).toEqual([
      { role: 'user', content: 'What is the temperature in Tokyo?' },
      {
        role: 'assistant',
        content: null,
        reasoning_content: "The user asks about temperature in Tokyo. I'll call the tool.",
        tool_calls: [
          { id, type: 'function', function: { name: 'get_temperature', arguments: '{"city": "Tokyo"}' } },
        ],
      },
      { role: 'tool', tool_call_id: id, content: '21.0' },
    ]);
    expect(dropped).toEqual([]);
  });

  test('reasoning that OpenAI sealed, and a file as the output of a call', () => {
    const name = 'openai-resp-j-multimodal-tool-return-matrix-direct-uploaded-file-document--1';
    const { messages, dropped } = readRecorded(name);
    const id = 'call_PbzYV3Q0ilpahyT7GDfkQs24';
    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id, type: 'function', function: { name: 'get_file', arguments: '{}' } }],
      },
      {
        role: 'tool',
        tool_call_id: id,
        content: [{ type: 'file', file: { file_id: 'file-7qh8AjzrjyRGiQ7kaFybfG' } }],
      },
    ]);
    expect(dropped).toEqual(['input.encrypted_content']);
  });

  test('marks of the prompt cache and routing of a gateway travel', () => {
    const { messages, rest } = readRecorded('openrouter-resp-j-openrouter-responses-prompt-cache-e2e-0');
    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          {
            type: 'text',
            text: expect.stringMatching(/^Reference catalogue/),
            prompt_cache_breakpoint: { mode: 'explicit' },
          },
          { type: 'text', text: 'Reply with exactly: OK' },
        ],
      },
    ]);
    expect(rest).toEqual({
      model: 'openai/gpt-5.6-sol',
      prompt_cache_options: { mode: 'explicit', ttl: '30m' },
      provider: { only: ['openai'] },
      stream: false,
    });
  });

  test.each([
    [
      'openai-resp-j-multimodal-tool-return-matrix-direct-uploaded-file-image-ope-1',
      'input[3].output[0].file_id',
    ],
    // A search of tools, in the conversation and among the tools.
    ['openai-resp-s-openai-client-tool-search-streaming-1', 'input[1]'],
  ])('%s is refused by name', (name, param) => {
    let error: unknown;
    try {
      readRecorded(name);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ code: 'unsupported_parameter', param });
  });
});

describe('recorded streams of every wire', () => {
  test.each(RECORDED_STREAMS.map((recorded) => [`${recorded.wire}: ${recorded.name}`, recorded] as const))(
    '%s',
    (_, { wire, events }) => {
      const decoder = decoderOf(wire);
      const stream = readResponseRequest({ model: 'm', input: 'Hi' }).stream(LABELS);
      let said = '';
      let text = '';
      let failure: GatewayError | null = null;
      try {
        for (const { data, event } of events) {
          for (const one of decoder.push(data, event).split('\n\n')) {
            const chunk = one.startsWith('data: ') ? parseJson(one.slice(6)) : undefined;
            if (isObject(chunk)) said += stream.push(chunk);
          }
        }
      } catch (thrown) {
        if (!(thrown instanceof GatewayError)) throw thrown;
        failure = thrown;
      }
      said += failure ? stream.fail(failure.envelope('req_1').error) : stream.end(LAST);
      const told = responseEvents(said);
      checkResponseEvents(told);
      for (const event of told) if (event.type === 'response.output_text.delta') text += event.delta;
      expect(text).toBe(decoder.state.content);
      const calls = told.filter(
        ({ type, item }) =>
          type === 'response.output_item.added' && isObject(item) && item.type === 'function_call',
      );
      expect(calls.length > 0).toBe(decoder.state.toolCalls);
    },
  );
});
