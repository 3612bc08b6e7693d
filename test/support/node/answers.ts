import { BEDROCK_OVERLOADED, bedrockStream, bedrockWhole } from './bedrock-answers.ts';
import type { WireName } from './fixtures.ts';

/** What a model says, to be told in the words of each wire. */
export interface Says {
  thought?: { text: string; signature: string };
  /** Pieces of the text, one event each. */
  text?: string[];
  call?: { id: string; name: string; arguments: Record<string, unknown>; signature?: string };
  /** Tokens; the wires that count cached input apart get it apart. */
  input?: number;
  cached?: number;
  output?: number;
}

/** Wires whose streams are lines of text: server-sent events. */
export const TEXT_WIRES = ['openai', 'anthropic', 'google'] as const satisfies WireName[];
export type TextWire = (typeof TEXT_WIRES)[number];

/** One event of a stream as its wire writes it. */
export type Piece = string | Buffer;

/** A stream in parts, so that tests may break it where they like. */
export interface Parts<P extends Piece = Piece> {
  /** Events up to the last word. */
  head: P[];
  /** The event or events that say the answer is whole, with usage. */
  finish: P[];
  /** What the wire says after that. */
  tail: P[];
}

interface Answers<P extends Piece> {
  whole(says: Says): object;
  stream(says: Says): Parts<P>;
}

/** Answers as each provider documents them, hand-written here. */
export const ANSWERS: Record<TextWire, Answers<string>> & Record<WireName, Answers<Piece>> = {
  openai: { whole: openaiWhole, stream: openaiStream },
  anthropic: { whole: anthropicWhole, stream: anthropicStream },
  google: { whole: googleWhole, stream: googleStream },
  bedrock: { whole: bedrockWhole, stream: bedrockStream },
};

/** A whole stream: text, or the bytes of a wire that is not text. */
export function streamText(wire: TextWire, says: Says): string;
export function streamText(wire: WireName, says: Says): Piece;
export function streamText(wire: WireName, says: Says): Piece {
  const { head, finish, tail } = ANSWERS[wire].stream(says);
  return joined([...head, ...finish, ...tail]);
}

/** Events one behind the other. */
export function joined(events: readonly Piece[]): Piece {
  if (events.every((one) => typeof one === 'string')) return events.join('');
  return Buffer.concat(events.map((one) => (typeof one === 'string' ? Buffer.from(one) : one)));
}

const event = (data: object | string): string =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

/** https://platform.openai.com/docs/api-reference/chat/object */
function openaiWhole(says: Says): object {
  const { call } = says;
  return {
    id: 'chatcmpl-up',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'up-model-1',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: says.text?.join('') ?? null,
          refusal: null,
          ...(call
            ? {
                tool_calls: [
                  {
                    id: call.id,
                    type: 'function',
                    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
                  },
                ],
              }
            : {}),
        },
        logprobs: null,
        finish_reason: call ? 'tool_calls' : 'stop',
      },
    ],
    usage: openaiUsage(says),
  };
}

function openaiUsage({ input = 100, cached = 0, output = 20 }: Says): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

/** https://platform.openai.com/docs/api-reference/chat/streaming */
function openaiStream(says: Says): Parts<string> {
  const chunk = (delta: object, finish: string | null = null): string =>
    event({
      id: 'chatcmpl-up',
      object: 'chat.completion.chunk',
      created: 1_760_000_000,
      model: 'up-model-1',
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      usage: null,
    });
  const { call } = says;
  const head = [chunk({ role: 'assistant', content: '' })];
  for (const content of says.text ?? []) head.push(chunk({ content }));
  if (call) {
    const named = { name: call.name, arguments: '' };
    head.push(chunk({ tool_calls: [{ index: 0, id: call.id, type: 'function', function: named }] }));
    for (const piece of halves(JSON.stringify(call.arguments)))
      head.push(chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }));
  }
  const usage = event({
    id: 'chatcmpl-up',
    object: 'chat.completion.chunk',
    created: 1_760_000_000,
    model: 'up-model-1',
    choices: [],
    usage: openaiUsage(says),
  });
  return { head, finish: [chunk({}, call ? 'tool_calls' : 'stop'), usage], tail: [event('[DONE]')] };
}

/** https://platform.claude.com/docs/en/api/messages */
function anthropicWhole(says: Says): object {
  const { thought, call } = says;
  return {
    id: 'msg_up',
    type: 'message',
    role: 'assistant',
    model: 'up-model-1',
    content: [
      ...(thought ? [{ type: 'thinking', thinking: thought.text, signature: thought.signature }] : []),
      ...(says.text ? [{ type: 'text', text: says.text.join('') }] : []),
      ...(call ? [{ type: 'tool_use', id: call.id, name: call.name, input: call.arguments }] : []),
    ],
    stop_reason: call ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { ...anthropicInput(says), output_tokens: says.output ?? 20 },
  };
}

function anthropicInput({ input = 100, cached = 0 }: Says): object {
  return { input_tokens: input - cached, cache_creation_input_tokens: 0, cache_read_input_tokens: cached };
}

/** https://platform.claude.com/docs/en/build-with-claude/streaming */
function anthropicStream(says: Says): Parts<string> {
  const { thought, call } = says;
  const named = (data: { type: string } & Record<string, unknown>): string =>
    `event: ${data.type}\n${event(data)}`;
  const usage = { ...anthropicInput(says), output_tokens: 1 };
  const message = { id: 'msg_up', type: 'message', role: 'assistant', model: 'up-model-1', content: [] };
  const head = [
    named({
      type: 'message_start',
      message: { ...message, stop_reason: null, stop_sequence: null, usage },
    }),
  ];
  let index = 0;
  const block = (content_block: object, deltas: object[]): void => {
    head.push(named({ type: 'content_block_start', index, content_block }));
    for (const delta of deltas) head.push(named({ type: 'content_block_delta', index, delta }));
    head.push(named({ type: 'content_block_stop', index }));
    index++;
  };
  if (thought) {
    block({ type: 'thinking', thinking: '', signature: '' }, [
      ...halves(thought.text).map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: thought.signature },
    ]);
  }
  if (says.text) {
    block(
      { type: 'text', text: '' },
      says.text.map((text) => ({ type: 'text_delta', text })),
    );
  }
  if (call) {
    block(
      { type: 'tool_use', id: call.id, name: call.name, input: {} },
      halves(JSON.stringify(call.arguments)).map((partial_json) => ({
        type: 'input_json_delta',
        partial_json,
      })),
    );
  }
  return {
    head,
    finish: [
      named({
        type: 'message_delta',
        delta: { stop_reason: call ? 'tool_use' : 'end_turn', stop_sequence: null },
        usage: { output_tokens: says.output ?? 20 },
      }),
    ],
    tail: [named({ type: 'message_stop' })],
  };
}

/** https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse */
function googleAnswer(says: Says, parts: object[], finish: string | null): object {
  const { input = 100, cached = 0, output = 20 } = says;
  return {
    candidates: [
      { content: { parts, role: 'model' }, index: 0, ...(finish ? { finishReason: finish } : {}) },
    ],
    usageMetadata: {
      promptTokenCount: input,
      candidatesTokenCount: output,
      totalTokenCount: input + output,
      ...(cached > 0 ? { cachedContentTokenCount: cached } : {}),
    },
    modelVersion: 'up-model-1',
    responseId: 'resp-up',
  };
}

function googleParts({ thought, text, call }: Says): object[] {
  const parts: object[] = [];
  if (thought) parts.push({ text: thought.text, thought: true });
  for (const piece of text ?? []) parts.push({ text: piece });
  if (call) {
    parts.push({
      functionCall: { name: call.name, args: call.arguments },
      ...(call.signature ? { thoughtSignature: call.signature } : {}),
    });
  }
  return parts;
}

function googleWhole(says: Says): object {
  return googleAnswer(says, googleParts(says), 'STOP');
}

function googleStream(says: Says): Parts<string> {
  return {
    head: googleParts(says).map((part) => event(googleAnswer(says, [part], null))),
    finish: [event(googleAnswer(says, [{ text: '' }], 'STOP'))],
    tail: [],
  };
}

function halves(text: string): string[] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

/** How each provider says in a stream, after its 200, that it is overloaded. */
export const ERROR_EVENTS: Record<WireName, Piece> = {
  openai: event({ error: { message: 'Overloaded', code: 503 } }),
  anthropic: `event: error\n${event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })}`,
  google: event({ error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } }),
  bedrock: BEDROCK_OVERLOADED,
};
