import type { Parts, Says } from './answers.ts';
import { eventMessage } from './event-stream.ts';

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export function bedrockWhole(says: Says): object {
  const { thought, text, call } = says;
  return {
    output: {
      message: {
        role: 'assistant',
        content: [
          ...(thought
            ? [{ reasoningContent: { reasoningText: { text: thought.text, signature: thought.signature } } }]
            : []),
          ...(text ? [{ text: text.join('') }] : []),
          ...(call ? [{ toolUse: { toolUseId: call.id, name: call.name, input: call.arguments } }] : []),
        ],
      },
    },
    stopReason: call ? 'tool_use' : 'end_turn',
    usage: usage(says),
    metrics: { latencyMs: 391 },
  };
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html */
export function bedrockStream(says: Says): Parts<Buffer> {
  const { thought, text, call } = says;
  const head = [eventMessage('messageStart', { role: 'assistant' })];
  let contentBlockIndex = 0;
  const block = (deltas: readonly object[]): void => {
    for (const delta of deltas) head.push(eventMessage('contentBlockDelta', { contentBlockIndex, delta }));
    head.push(eventMessage('contentBlockStop', { contentBlockIndex }));
    contentBlockIndex++;
  };
  if (thought) {
    block([
      { reasoningContent: { text: thought.text } },
      { reasoningContent: { signature: thought.signature } },
    ]);
  }
  if (text) block(text.map((piece) => ({ text: piece })));
  if (call) {
    // Only a call has an event of its own for its beginning.
    const toolUse = { toolUseId: call.id, name: call.name };
    head.push(eventMessage('contentBlockStart', { contentBlockIndex, start: { toolUse } }));
    const input = JSON.stringify(call.arguments);
    const middle = Math.ceil(input.length / 2);
    block([input.slice(0, middle), input.slice(middle)].map((piece) => ({ toolUse: { input: piece } })));
  }
  return {
    head,
    finish: [
      eventMessage('messageStop', { stopReason: call ? 'tool_use' : 'end_turn' }),
      eventMessage('metadata', { usage: usage(says), metrics: { latencyMs: 391 } }),
    ],
    tail: [],
  };
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html */
function usage({ input = 100, cached = 0, output = 20 }: Says): object {
  return {
    inputTokens: input - cached,
    outputTokens: output,
    totalTokens: input + output,
    cacheReadInputTokens: cached,
    cacheWriteInputTokens: 0,
  };
}

/** An overload, said after the 200. */
export const BEDROCK_OVERLOADED = eventMessage(
  'serviceUnavailableException',
  { message: 'Overloaded' },
  'exception',
);
