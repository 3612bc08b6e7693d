import { eventMessage } from '../event-stream.ts';
import type { WireName } from '../fixtures.ts';

/** Tokens that every request takes, and each piece of text. */
export const INPUT_TOKENS = 100;
export const TOKENS_PER_PIECE = 10;

/** How one wire says things. */
export interface Wording {
  contentType: string;
  opening: (Uint8Array | string)[];
  /** @param soFar output tokens with this piece. */
  piece(text: string, soFar: number): Uint8Array | string;
  /** The beginning of a tool call. */
  call: (Uint8Array | string)[];
  finish(outputTokens: number): (Uint8Array | string)[];
  /** What comes behind the last event; may be missing. */
  done: string;
  /** An error in the middle. */
  error: Uint8Array | string;
  whole(text: string, outputTokens: number): object;
}

const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (value: { type: string; [member: string]: unknown }): string =>
  `event: ${value.type}\n${data(value)}`;
const at = { id: 'up-1', created: 1_760_000_000, model: 'up-model-1' };

/** https://platform.openai.com/docs/api-reference/chat/streaming */
const chunk = (delta: object, finish: string | null = null): string =>
  data({
    ...at,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  });
const openaiUsage = (output: number): object => ({
  prompt_tokens: INPUT_TOKENS,
  completion_tokens: output,
  total_tokens: INPUT_TOKENS + output,
});
const openai: Wording = {
  contentType: 'text/event-stream',
  opening: [chunk({ role: 'assistant', content: '' })],
  piece: (content) => chunk({ content }),
  call: [
    chunk({ tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] }),
  ],
  finish: (output) => [
    chunk({}, 'stop'),
    data({ ...at, object: 'chat.completion.chunk', choices: [], usage: openaiUsage(output) }),
  ],
  done: 'data: [DONE]\n\n',
  error: data({ error: { message: 'Overloaded', code: 503 } }),
  whole: (content, output) => ({
    ...at,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' }],
    usage: openaiUsage(output),
  }),
};

/** https://platform.claude.com/docs/en/build-with-claude/streaming */
const message = { id: 'up-1', type: 'message', role: 'assistant', model: 'up-model-1' };
const anthropic: Wording = {
  contentType: 'text/event-stream',
  opening: [
    named({
      type: 'message_start',
      message: {
        ...message,
        content: [],
        stop_reason: null,
        usage: { input_tokens: INPUT_TOKENS, output_tokens: 1 },
      },
    }),
    named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  ],
  piece: (text) => named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  call: [
    named({ type: 'content_block_stop', index: 0 }),
    named({
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'tool_use', id: 'c1', name: 'f', input: {} },
    }),
    named({
      type: 'content_block_delta',
      index: 1,
      delta: { type: 'input_json_delta', partial_json: '{"a":' },
    }),
  ],
  finish: (output) => [
    named({ type: 'content_block_stop', index: 0 }),
    named({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: output },
    }),
  ],
  done: named({ type: 'message_stop' }),
  error: named({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
  whole: (text, output) => ({
    ...message,
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    usage: { input_tokens: INPUT_TOKENS, output_tokens: output },
  }),
};

/** https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse */
const googleAnswer = (parts: object[], output: number, finishReason?: string): object => ({
  candidates: [{ content: { parts, role: 'model' }, index: 0, ...(finishReason ? { finishReason } : {}) }],
  usageMetadata: {
    promptTokenCount: INPUT_TOKENS,
    candidatesTokenCount: output,
    totalTokenCount: INPUT_TOKENS + output,
  },
  modelVersion: 'up-model-1',
  responseId: 'up-1',
});
const google: Wording = {
  contentType: 'text/event-stream',
  opening: [],
  piece: (text, soFar) => data(googleAnswer([{ text }], soFar)),
  call: [data(googleAnswer([{ functionCall: { name: 'f', args: { a: 1 } } }], 1))],
  finish: (output) => [data(googleAnswer([{ text: '' }], output, 'STOP'))],
  done: '',
  error: data({ error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } }),
  whole: (text, output) => googleAnswer([{ text }], output, 'STOP'),
};

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html */
const bedrockUsage = (output: number): object => ({
  inputTokens: INPUT_TOKENS,
  outputTokens: output,
  totalTokens: INPUT_TOKENS + output,
});
const bedrock: Wording = {
  contentType: 'application/vnd.amazon.eventstream',
  opening: [eventMessage('messageStart', { role: 'assistant' })],
  piece: (text) => eventMessage('contentBlockDelta', { contentBlockIndex: 0, delta: { text } }),
  call: [
    eventMessage('contentBlockStart', {
      contentBlockIndex: 1,
      start: { toolUse: { toolUseId: 'c1', name: 'f' } },
    }),
  ],
  finish: (output) => [
    eventMessage('contentBlockStop', { contentBlockIndex: 0 }),
    eventMessage('messageStop', { stopReason: 'end_turn' }),
    eventMessage('metadata', { usage: bedrockUsage(output), metrics: { latencyMs: 1 } }),
  ],
  done: '',
  error: eventMessage('serviceUnavailableException', { message: 'Overloaded' }, 'exception'),
  whole: (text, output) => ({
    output: { message: { role: 'assistant', content: [{ text }] } },
    stopReason: 'end_turn',
    usage: bedrockUsage(output),
  }),
};

export const WORDINGS: Readonly<Record<WireName, Wording>> = { openai, anthropic, google, bedrock };
