import { asNumber, asObject, asString, isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { newStreamState } from '../stream-state.ts';
import type { AnswerMeta, StreamDecoder, StreamState, Target } from '../types.ts';
import {
  type AnswerMode,
  answerMode,
  mapStopReason,
  providerData,
  refusalText,
  splitCitations,
  stopExtras,
} from './answer.ts';
import { ChunkWriter } from './chunks.ts';
import { toError, unreadable } from './error.ts';
import { type OpenBlock, openBlock } from './open-block.ts';
import { redactedDetail, thinkingDetail } from './reasoning.ts';
import { mergeUsage, readUsage, usageObject } from './usage.ts';

/** A decoder for one stream of the Messages API (https://platform.claude.com/docs/en/build-with-claude/streaming). */
export function createStream(target: Target, meta: AnswerMeta): StreamDecoder {
  return new AnthropicStream(meta, answerMode(target, meta));
}

class AnthropicStream implements StreamDecoder {
  readonly state: StreamState;
  readonly #meta: AnswerMeta;
  readonly #mode: AnswerMode;
  /** Open blocks by the provider's index. */
  readonly #blocks = new Map<number, OpenBlock>();
  /** Null until the model is known. */
  #writer: ChunkWriter | null = null;
  #usage: JsonObject | null = null;
  #calls = 0;
  #details = 0;
  #contentLength = 0;
  /** Text that came before the answer's tool and does not belong to the answer if the tool is called. */
  #heldText = '';
  #answered = false;

  constructor(meta: AnswerMeta, mode: AnswerMode) {
    this.#meta = meta;
    this.#mode = mode;
    this.state = newStreamState(meta.created);
  }

  push(data: string, event: string | null): string {
    if (data === '[DONE]') {
      // Not of this API, but some hosts of it end their streams so.
      this.state.done = true;
      return '';
    }
    const value = asObject(parseJson(data));
    if (!value) throw unreadable(data);
    switch (asString(value.type) ?? event) {
      case 'content_block_delta':
        return this.#delta(value, data);
      case 'content_block_start':
        return this.#start(value);
      case 'content_block_stop':
        return this.#stop(value);
      case 'message_start':
        return this.#messageStart(value);
      case 'message_delta':
        return this.#messageDelta(value);
      case 'message_stop':
        this.state.done = true;
        return '';
      case 'error':
        throw toError(200, asObject(value.error), data);
      default:
        // Pings, and events that are yet to be invented.
        return '';
    }
  }

  #messageStart(value: JsonObject): string {
    const message = asObject(value.message) ?? {};
    this.state.upstreamId = asString(message.id) ?? null;
    this.state.upstreamModel = asString(message.model) || null;
    const usage = asObject(message.usage);
    if (usage) this.#takeUsage(usage);
    return this.#opening();
  }

  /** The first chunk, once; '' when it is out already. */
  #opening(): string {
    if (this.#writer) return '';
    const model = this.state.upstreamModel ?? this.#meta.model;
    this.#writer = new ChunkWriter(this.#meta.id, this.state.created, model);
    return this.#writer.chunk('{"role":"assistant","content":""}');
  }

  #chunk(delta: string): string {
    return this.#writer?.chunk(delta) ?? '';
  }

  #json(delta: JsonObject): string {
    return this.#chunk(JSON.stringify(delta));
  }

  #start(value: JsonObject): string {
    const block = asObject(value.content_block) ?? {};
    const open = openBlock(block, this.#contentLength);
    this.#blocks.set(asNumber(value.index) ?? -1, open);
    const out = this.#opening();
    switch (block.type) {
      case 'text':
        open.kind = 'text';
        return out + this.#text(asString(block.text) ?? '');
      case 'thinking':
        open.kind = 'thinking';
        open.index = this.#details++;
        return (
          out +
          this.#thinking(open, asString(block.thinking) ?? '') +
          this.#signature(open, asString(block.signature) ?? '')
        );
      case 'redacted_thinking':
        this.state.otherOutput = true;
        return (
          out +
          this.#json({ reasoning_details: [redactedDetail(this.#details++, asString(block.data) ?? '')] })
        );
      case 'tool_use':
        return out + this.#startTool(open);
      default:
        return out;
    }
  }

  #startTool(open: OpenBlock): string {
    const name = asString(open.block.name) ?? '';
    if (this.#mode.answerTool !== null && name === this.#mode.answerTool) {
      // One answer: a second call of the tool would make the content no JSON.
      open.kind = this.#answered ? 'ignored' : 'answer';
      this.#answered = true;
      this.#heldText = '';
      return '';
    }
    open.kind = 'call';
    this.state.toolCalls = true;
    open.index = this.#calls++;
    const call = { name, arguments: '' };
    if (this.#mode.legacy) return this.#json({ function_call: call });
    const id = asString(open.block.id) ?? '';
    return this.#json({ tool_calls: [{ index: open.index, id, type: 'function', function: call }] });
  }

  #delta(value: JsonObject, data: string): string {
    const delta = asObject(value.delta) ?? {};
    const opening = this.#opening();
    if (delta.type === 'text_delta') return opening + this.#text(asString(delta.text) ?? '');
    const open = this.#blocks.get(asNumber(value.index) ?? -1);
    if (!open) throw unreadable(data);
    switch (delta.type) {
      case 'thinking_delta':
        return opening + this.#thinking(open, asString(delta.thinking) ?? '');
      case 'signature_delta':
        return opening + this.#signature(open, asString(delta.signature) ?? '');
      case 'input_json_delta':
        return opening + this.#input(open, asString(delta.partial_json) ?? '');
      case 'citations_delta':
        if (isObject(delta.citation)) open.citations.push(delta.citation);
        return opening;
      default:
        return opening;
    }
  }

  #text(text: string): string {
    if (text === '') return '';
    if (this.#mode.answerTool !== null) {
      if (!this.#answered) this.#heldText += text;
      return '';
    }
    return this.#content(text);
  }

  #content(text: string): string {
    this.state.outputChars += text.length;
    this.state.content += text;
    this.#contentLength += text.length;
    return this.#chunk(`{"content":${JSON.stringify(text)}}`);
  }

  #thinking(open: OpenBlock, text: string): string {
    if (text === '') return '';
    this.state.outputChars += text.length;
    this.state.otherOutput = true;
    return this.#json({ reasoning: text, reasoning_details: [thinkingDetail(open.index, text, null)] });
  }

  #signature(open: OpenBlock, signature: string): string {
    if (signature === '') return '';
    this.state.otherOutput = true;
    return this.#json({ reasoning_details: [thinkingDetail(open.index, '', signature)] });
  }

  #input(open: OpenBlock, piece: string): string {
    if (piece === '') return '';
    open.received += piece.length;
    if (open.kind === 'answer') return this.#content(piece);
    if (open.kind === 'ignored') return '';
    if (open.kind === 'other') {
      open.input += piece;
      return '';
    }
    this.state.outputChars += piece.length;
    const text = JSON.stringify(piece);
    if (this.#mode.legacy) return this.#chunk(`{"function_call":{"arguments":${text}}}`);
    return this.#chunk(`{"tool_calls":[{"index":${open.index},"function":{"arguments":${text}}}]}`);
  }

  #stop(value: JsonObject): string {
    const index = asNumber(value.index) ?? -1;
    const open = this.#blocks.get(index);
    this.#blocks.delete(index);
    switch (open?.kind) {
      case 'call':
      case 'answer':
        // Input may come whole with the start, and a tool without parameters has none: arguments are JSON.
        return open.received === 0 ? this.#input(open, JSON.stringify(open.block.input ?? {})) : '';
      case 'text':
        return this.#citations(open);
      case 'other':
        return open.block.type === 'redacted_thinking' ? '' : this.#ownTool(open);
      default:
        return '';
    }
  }

  #citations(open: OpenBlock): string {
    if (open.citations.length === 0) return '';
    const { annotations, others } = splitCitations(open.citations, open.start, this.#contentLength);
    const delta: JsonObject = {};
    if (annotations.length > 0) delta.annotations = annotations;
    if (others.length > 0) delta.provider_data = providerData({ citations: others });
    return this.#json(delta);
  }

  /** A block of one of the provider's own tools, whole. */
  #ownTool(open: OpenBlock): string {
    const input = open.input === '' ? undefined : parseJson(open.input);
    this.state.otherOutput = true;
    const block = input === undefined ? open.block : { ...open.block, input };
    return this.#json({ provider_data: providerData({ blocks: [block] }) });
  }

  #messageDelta(value: JsonObject): string {
    const usage = asObject(value.usage);
    if (usage) this.#takeUsage(usage);
    const delta = asObject(value.delta) ?? {};
    const reason = asString(delta.stop_reason);
    if (reason === undefined || this.state.finished) return '';
    const { state } = this;
    let out = this.#opening();
    if (this.#heldText !== '') out += this.#content(this.#heldText);
    this.#heldText = '';
    state.finished = true;
    state.rawFinishReason = reason;
    state.finishReason = mapStopReason(reason, this.#calls > 0, this.#mode.legacy);
    if (state.usage) state.usageObject = usageObject(state.usage);
    const last: JsonObject = {};
    const refusal = refusalText(reason, delta.stop_details);
    if (refusal !== null) last.refusal = refusal;
    const extras = stopExtras(delta, value.context_management);
    if (Object.keys(extras).length > 0) last.provider_data = providerData(extras);
    return out + (this.#writer?.last(last, state.finishReason) ?? '');
  }

  #takeUsage(usage: JsonObject): void {
    this.#usage = mergeUsage(this.#usage, usage);
    this.state.usage = readUsage(this.#usage);
    if (this.state.finished) this.state.usageObject = usageObject(this.state.usage);
  }
}
