import { asNumber, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import { newStreamState } from '../stream-state.ts';
import type { AnswerMeta, StreamDecoder, StreamState, Target } from '../types.ts';
import { chatUsage } from '../usage.ts';
import { mapStopReason, reasoningDetail, reasoningFormat, redactedDetail } from './answer.ts';
import { toError, unreadable } from './error.ts';
import { FAULT } from './event-stream.ts';
import { readUsage } from './usage.ts';

/** What is known of a block that has begun. */
interface OpenBlock {
  /** The number of the tool call or of the reasoning detail; -1 while it is neither. */
  index: number;
  isCall: boolean;
  /** Characters of arguments so far. */
  received: number;
}

/**
 * A decoder for one ConverseStream
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html).
 */
export function createStream({ upstreamModel }: Target, meta: AnswerMeta): StreamDecoder {
  return new BedrockStream(meta, reasoningFormat(upstreamModel));
}

class BedrockStream implements StreamDecoder {
  readonly state: StreamState;
  /** All of a chunk before its delta: the same in each. */
  readonly #prefix: string;
  readonly #format: string;
  /** By the provider's index. */
  readonly #blocks = new Map<number, OpenBlock>();
  #opened = false;
  #calls = 0;
  #details = 0;

  constructor(meta: AnswerMeta, format: string) {
    this.#format = format;
    this.#prefix = `data: {"id":${JSON.stringify(meta.id)},"object":"chat.completion.chunk","created":${meta.created},"model":${JSON.stringify(meta.model)},"choices":[{"index":0,"delta":`;
    this.state = newStreamState(meta.created);
  }

  push(data: string, event: string | null): string {
    if (event?.startsWith(FAULT)) throw toError(200, event.slice(FAULT.length), data);
    const value = asObject(parseJson(data));
    if (!value) throw unreadable(data);
    switch (event) {
      case 'messageStart':
        return this.#opening();
      case 'contentBlockStart':
        return this.#opening() + this.#start(value);
      case 'contentBlockDelta':
        return this.#opening() + this.#delta(value);
      case 'contentBlockStop':
        return this.#stop(value);
      case 'messageStop':
        return this.#opening() + this.#finish(value, data);
      case 'metadata':
        return this.#metadata(value);
      default:
        return '';
    }
  }

  /** The first chunk, once. */
  #opening(): string {
    if (this.#opened) return '';
    this.#opened = true;
    return this.#chunk('{"role":"assistant","content":""}');
  }

  /** @param delta the delta as JSON text. */
  #chunk(delta: string): string {
    return `${this.#prefix}${delta},"finish_reason":null}]}\n\n`;
  }

  #block(value: JsonObject): OpenBlock {
    const key = asNumber(value.contentBlockIndex) ?? 0;
    const known = this.#blocks.get(key);
    if (known) return known;
    const block: OpenBlock = { index: -1, isCall: false, received: 0 };
    this.#blocks.set(key, block);
    return block;
  }

  #start(value: JsonObject): string {
    const use = asObject(asObject(value.start)?.toolUse);
    if (!use) return '';
    const block = this.#block(value);
    block.isCall = true;
    this.state.toolCalls = true;
    block.index = this.#calls++;
    const fn = { name: asString(use.name) ?? '', arguments: '' };
    return this.#chunk(
      JSON.stringify({
        tool_calls: [
          { index: block.index, id: asString(use.toolUseId) ?? '', type: 'function', function: fn },
        ],
      }),
    );
  }

  #delta(value: JsonObject): string {
    const delta = asObject(value.delta) ?? {};
    if (typeof delta.text === 'string') {
      if (delta.text === '') return '';
      this.state.outputChars += delta.text.length;
      this.state.content += delta.text;
      return this.#chunk(`{"content":${JSON.stringify(delta.text)}}`);
    }
    const thought = asObject(delta.reasoningContent);
    if (thought) return this.#reasoning(thought, this.#block(value));
    const input = asString(asObject(delta.toolUse)?.input);
    return input ? this.#input(input, this.#block(value)) : '';
  }

  #input(piece: string, block: OpenBlock): string {
    if (!block.isCall) return '';
    block.received += piece.length;
    this.state.outputChars += piece.length;
    return this.#chunk(
      `{"tool_calls":[{"index":${block.index},"function":{"arguments":${JSON.stringify(piece)}}}]}`,
    );
  }

  #reasoning(thought: JsonObject, block: OpenBlock): string {
    if (block.index < 0) block.index = this.#details++;
    const text = asString(thought.text);
    if (text !== undefined) {
      if (text === '') return '';
      this.state.outputChars += text.length;
      this.state.otherOutput = true;
      const detail = reasoningDetail(block.index, text, null, this.#format);
      return this.#chunk(JSON.stringify({ reasoning: text, reasoning_details: [detail] }));
    }
    const signature = asString(thought.signature);
    const redacted = asString(thought.redactedContent);
    if (!signature && !redacted) return '';
    this.state.otherOutput = true;
    const detail = signature
      ? reasoningDetail(block.index, '', signature, this.#format)
      : redactedDetail(block.index, redacted ?? '');
    return this.#chunk(JSON.stringify({ reasoning_details: [detail] }));
  }

  #stop(value: JsonObject): string {
    const key = asNumber(value.contentBlockIndex) ?? 0;
    const block = this.#blocks.get(key);
    this.#blocks.delete(key);
    // A tool without parameters has no input: arguments are JSON all the same.
    return block?.isCall && block.received === 0 ? this.#input('{}', block) : '';
  }

  #finish(value: JsonObject, data: string): string {
    const reason = asString(value.stopReason);
    if (reason === undefined) throw unreadable(data);
    const { state } = this;
    if (state.finished) return '';
    state.rawFinishReason = reason;
    state.finishReason = mapStopReason(reason, data);
    state.finished = true;
    state.done = state.usage !== null;
    return `${this.#prefix}{},"finish_reason":"${state.finishReason}"}]}\n\n`;
  }

  /** The last event, behind the stop. */
  #metadata(value: JsonObject): string {
    const { state } = this;
    const raw = asObject(value.usage);
    if (raw) {
      state.usage = readUsage(raw);
      state.usageObject = chatUsage(state.usage);
    }
    state.done = state.finished;
    return '';
  }
}
