import { asNumber, asObject, asString, type JsonObject, parseJson } from '../../../lib/json.ts';
import { addMembers, replaceValue } from '../../../lib/json-splice.ts';
import { HeldEvents } from '../../held-events.ts';
import { eventText, type MessagesProgress, type NativeDecoder, saidLast } from '../../native.ts';
import { newStreamState } from '../../stream-state.ts';
import type { AnswerMeta, StreamState } from '../../types.ts';
import { mapStopReason } from '../answer.ts';
import { toError, unreadable } from '../error.ts';
import { callsInBlocks } from '../hosted.ts';
import { mergeUsage, readUsage, withCalls } from '../usage.ts';

/** A stream of the Messages API for a client of the same API (https://platform.claude.com/docs/en/build-with-claude/streaming). */
export class NativeMessageStream implements NativeDecoder {
  readonly state: StreamState;
  readonly #id: string;
  readonly #events = new HeldEvents();
  /** The index of the next block. */
  #next = 0;
  #open: { index: number; kind: 'text' | 'call' | 'other' } | null = null;
  /** Arguments of calls, by block. */
  readonly #calls = new Map<number, string>();
  #usage: JsonObject | null = null;
  /** Blocks of tools that ran at the provider. */
  readonly #ran: JsonObject[] = [];
  readonly #request: JsonObject | undefined;
  /** The data of the last words: the `message_delta` with the stop reason, and `message_stop`. */
  #delta = '';
  #stop = '{"type":"message_stop"}';

  constructor(meta: AnswerMeta) {
    this.#id = meta.id;
    this.#request = meta.request.native?.body;
    this.state = newStreamState(meta.created);
  }

  get calls(): readonly string[] {
    return [...this.#calls.values()];
  }

  get progress(): MessagesProgress {
    const open = this.#open;
    if (!open) return { format: 'messages', index: this.#next, open: null };
    return { format: 'messages', index: open.index, open: open.kind === 'text' ? 'text' : 'other' };
  }

  push(data: string, event: string | null): string {
    // Most events of other kinds than deltas are few, and a ping says nothing.
    if (event === 'ping') return this.#events.pass(data, event, false);
    if (data === '[DONE]') {
      // Not of this API, but some hosts of it end their streams so.
      this.state.done = true;
      return '';
    }
    const value = asObject(parseJson(data));
    if (!value) throw unreadable(data);
    switch (asString(value.type) ?? event) {
      case 'content_block_delta':
        return this.#events.pass(data, event, this.#read(value));
      case 'content_block_start':
        return this.#events.pass(data, event, this.#start(value));
      case 'content_block_stop':
        this.#open = null;
        return this.#events.pass(data, event, false);
      case 'message_start':
        return this.#events.pass(this.#labelled(data, value), event, false);
      case 'message_delta':
        return this.#end(data, event, value);
      case 'message_stop':
        this.#stop = data;
        this.state.done = true;
        return '';
      case 'error':
        throw toError(200, asObject(value.error), data);
      default:
        return this.#events.pass(data, event, false);
    }
  }

  end(chunk: JsonObject): string {
    const delta = addMembers(this.#delta, [], saidLast(chunk)) ?? this.#delta;
    return eventText(delta, 'message_delta') + eventText(this.#stop, 'message_stop');
  }

  #labelled(data: string, value: JsonObject): string {
    const message = asObject(value.message) ?? {};
    this.state.upstreamId = asString(message.id) ?? null;
    this.state.upstreamModel = asString(message.model) || null;
    this.#takeUsage(message.usage);
    const labelled = replaceValue(data, ['message', 'id'], JSON.stringify(this.#id));
    return labelled ?? JSON.stringify({ ...value, message: { ...message, id: this.#id } });
  }

  #start(value: JsonObject): boolean {
    const index = asNumber(value.index) ?? this.#next;
    const block = asObject(value.content_block) ?? {};
    const type = asString(block.type) ?? '';
    this.#next = index + 1;
    if (type === 'text') {
      this.#open = { index, kind: 'text' };
      return this.#text(asString(block.text) ?? '');
    }
    // Calls of the provider's own tools end as little in half as those of the client's.
    if (type.endsWith('tool_use')) this.state.toolCalls = true;
    else this.state.otherOutput = true;
    if (type === 'server_tool_use' || type === 'mcp_tool_use') this.#ranTool(block);
    this.#open = { index, kind: type === 'tool_use' ? 'call' : 'other' };
    if (type === 'tool_use') this.#calls.set(index, callInput(block.input));
    return true;
  }

  /** Notes what a delta says; false when that is nothing. */
  #read(value: JsonObject): boolean {
    const delta = asObject(value.delta) ?? {};
    const index = asNumber(value.index) ?? -1;
    if (delta.type === 'text_delta') return this.#text(asString(delta.text) ?? '');
    const said = asString(delta.thinking) ?? asString(delta.partial_json) ?? '';
    this.state.outputChars += said.length;
    const input = this.#calls.get(index);
    if (input !== undefined && delta.type === 'input_json_delta') this.#calls.set(index, input + said);
    return true;
  }

  #text(text: string): boolean {
    this.state.content += text;
    this.state.outputChars += text.length;
    return text !== '';
  }

  #end(data: string, event: string | null, value: JsonObject): string {
    const { state } = this;
    this.#takeUsage(value.usage);
    const reason = asString(asObject(value.delta)?.stop_reason);
    if (reason === undefined) return this.#events.pass(data, event, false);
    this.#delta = data;
    state.finished = true;
    state.rawFinishReason = reason;
    state.finishReason = mapStopReason(reason, this.#calls.size > 0, false);
    return this.#events.release();
  }

  #ranTool({ type = null, name = null }: JsonObject): void {
    this.#ran.push({ type, name });
    this.state.hostedCalls = callsInBlocks(this.#ran, this.#request);
    if (this.state.usage) this.state.usage = withCalls(this.state.usage, this.state.hostedCalls);
  }

  #takeUsage(given: JsonObject[string] | undefined): void {
    const usage = asObject(given);
    if (!usage) return;
    this.#usage = mergeUsage(this.#usage, usage);
    this.state.usage = withCalls(readUsage(this.#usage), this.state.hostedCalls);
  }
}

/** Input may come whole with the start of a call. */
function callInput(input: JsonObject[string] | undefined): string {
  const given = asObject(input);
  return given && Object.keys(given).length > 0 ? JSON.stringify(given) : '';
}
