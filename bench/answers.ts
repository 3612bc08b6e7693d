/** The upstream formats that the simulator speaks. */
export type Shape = 'openai' | 'anthropic';

/** A stream: what comes first, one event with its number and the time it is written, what comes last. */
interface EventTemplates {
  head: string;
  event: (number: number, atMicroseconds: number) => string;
  tail: string;
}

/** Stands before the number and time in every event; no other text of a stream contains it. */
export const EVENT_MARK = ' tok';

/** What every answer says that it has used, tokens. */
export const TOKENS = { input: 200, streamOutput: 250, wholeOutput: 90 } as const;

/** What a whole answer says. */
export const TEXT = 'The quick brown fox jumps over the lazy dog. '.repeat(8);

function sse(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function openaiUsage(output: number): object {
  return {
    prompt_tokens: TOKENS.input,
    completion_tokens: output,
    total_tokens: TOKENS.input + output,
    prompt_tokens_details: { cached_tokens: 0 },
  };
}

function openaiChunk(choices: string, usage: string): string {
  return (
    'data: {"id":"chatcmpl-CeBzL1vVqT6nM8pHd2uYw4RkXa7Jo","object":"chat.completion.chunk","created":1763700000,' +
    '"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_560af6e559",' +
    `"choices":[${choices}],"usage":${usage},"obfuscation":"Xq3LmZ0aVbN9"}\n\n`
  );
}

/** Chunks as the Chat Completions API and events as the Messages API send them, about 300 and 130 bytes. */
export const EVENTS: Record<Shape, EventTemplates> = {
  openai: {
    head: '',
    event: (number, at) =>
      openaiChunk(
        `{"index":0,"delta":{"content":"${EVENT_MARK}${number} ${at}"},"logprobs":null,"finish_reason":null}`,
        'null',
      ),
    tail: `${openaiChunk('{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}', 'null')}${openaiChunk(
      '',
      JSON.stringify(openaiUsage(TOKENS.streamOutput)),
    )}data: [DONE]\n\n`,
  },
  anthropic: {
    head:
      sse('message_start', {
        type: 'message_start',
        message: {
          id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
          type: 'message',
          role: 'assistant',
          model: 'claude-sonnet-4-5-20250929',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: TOKENS.input, output_tokens: 1 },
        },
      }) +
      sse('content_block_start', {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'text', text: '' },
      }),
    event: (number, at) =>
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,' +
      `"delta":{"type":"text_delta","text":"${EVENT_MARK}${number} ${at}"}}\n\n`,
    tail:
      sse('content_block_stop', { type: 'content_block_stop', index: 0 }) +
      sse('message_delta', {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: TOKENS.streamOutput },
      }) +
      sse('message_stop', { type: 'message_stop' }),
  },
};

/** Whole answers, as bytes. */
export const ANSWERS: Record<Shape, Buffer> = {
  openai: Buffer.from(
    JSON.stringify({
      id: 'chatcmpl-CeBzL1vVqT6nM8pHd2uYw4RkXa7Jo',
      object: 'chat.completion',
      created: 1763700000,
      model: 'gpt-4o-mini-2024-07-18',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: TEXT, refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: openaiUsage(TOKENS.wholeOutput),
      system_fingerprint: 'fp_560af6e559',
    }),
  ),
  anthropic: Buffer.from(
    JSON.stringify({
      id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-5-20250929',
      content: [{ type: 'text', text: TEXT }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: TOKENS.input, output_tokens: TOKENS.wholeOutput },
    }),
  ),
};
