import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  parseJson,
} from '../../../../lib/json.ts';
import { newStreamState } from '../../../stream-state.ts';
import type { AnswerMeta, ChatBody, Quirks, StreamDecoder, StreamState, Target } from '../../../types.ts';
import { inBandError, unreadable } from '../../error.ts';
import { usageIn } from '../native/answer.ts';
import { callsIn } from '../native/hosted.ts';
import { markItems } from '../native/seals.ts';
import { finishOf } from './answer.ts';
import { chatLogprobs } from './logprobs.ts';
import { Reply } from './reply.ts';
import { usesLegacyFunctions } from './tools.ts';
import { chatUsage } from './usage.ts';

/** A decoder for one stream of the Responses API (https://platform.openai.com/docs/api-reference/responses-streaming). */
export function createStream(target: Target, meta: AnswerMeta): StreamDecoder {
  return new ResponseDecoder(target, meta);
}

/** Members of a delta that are neither text nor calls. */
const OTHER_OUTPUT = ['reasoning', 'reasoning_details', 'refusal', 'images', 'provider_data'] as const;

class ResponseDecoder implements StreamDecoder {
  readonly state: StreamState;
  readonly #quirks: Quirks;
  readonly #account: string | undefined;
  readonly #meta: AnswerMeta;
  readonly #request: ChatBody;
  readonly #legacy: boolean;
  readonly #reply: Reply;
  /** Items of the provider's own tools that are whole: a stream that breaks has called what it has called. */
  readonly #hosted: JsonObject[] = [];
  /** All of a chunk before its delta: the same in each. Empty until the first is sent. */
  #prefix = '';

  constructor({ quirks, account }: Target, meta: AnswerMeta) {
    this.#quirks = quirks;
    this.#account = account;
    this.#meta = meta;
    this.#request = meta.request.body();
    this.#legacy = usesLegacyFunctions(this.#request);
    this.#reply = new Reply(this.#legacy);
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
    const type = asString(value.type) ?? event;
    const index = asNumber(value.output_index) ?? 0;
    const piece = asString(value.delta) ?? '';
    const reply = this.#reply;
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        this.#learn(asObject(value.response) ?? {});
        return '';
      case 'response.output_item.added':
        return this.#begin(index, asObject(value.item) ?? {});
      case 'response.output_text.delta':
        return this.#text(reply.say(index, partOf(value), piece), value);
      case 'response.refusal.delta':
        return this.#chunk(reply.refuse(index, piece));
      case 'response.reasoning_summary_text.delta':
        return this.#chunk(reply.think(index, 'summary', asNumber(value.summary_index) ?? 0, piece));
      case 'response.reasoning_text.delta':
        return this.#chunk(reply.think(index, 'text', partOf(value), piece));
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return this.#chunk(reply.pass(index, piece));
      case 'response.output_text.annotation.added':
        return this.#chunk(reply.cite(index, partOf(value), value.annotation ?? null));
      case 'response.output_item.done':
        return this.#done(index, asObject(value.item) ?? {});
      case 'response.completed':
      case 'response.incomplete':
        return this.#end(asObject(value.response) ?? {});
      case 'response.failed':
      case 'error':
        this.#takeUsage(asObject(value.response));
        throw inBandError(asObject(value.response)?.error ?? value.error ?? value, data);
      case null:
        // No event of the API: hosts in between say so that they failed.
        if (value.error !== undefined) throw inBandError(value.error, data);
        return '';
      default:
        // What says once more what others have said, or how far the provider's own tools are.
        return '';
    }
  }

  #learn(response: JsonObject): void {
    const { state } = this;
    state.upstreamId ??= asString(response.id) || null;
    state.upstreamModel ??= asString(response.model) || null;
    if (this.#prefix === '') state.created = Math.floor(asNumber(response.created_at) || state.created);
  }

  /** The first chunk, once. */
  #opening(): string {
    if (this.#prefix !== '') return '';
    const { id, model } = this.#meta;
    const name = JSON.stringify(this.state.upstreamModel ?? model);
    this.#prefix = `data: {"id":${JSON.stringify(id)},"object":"chat.completion.chunk","created":${this.state.created},"model":${name},"choices":[{"index":0,"delta":`;
    return this.#chunk({ role: 'assistant', content: '' });
  }

  #begin(index: number, item: JsonObject): string {
    const delta = this.#reply.begin(index, item);
    // Of a message nothing is said before its text; that the model thinks, or searches, is something.
    return item.type === 'message' ? '' : this.#opening() + this.#chunk(delta);
  }

  #text(delta: JsonObject | null, { logprobs }: JsonObject): string {
    if (!delta) return '';
    const told = asArray(logprobs).length > 0 ? chatLogprobs(logprobs) : [];
    return this.#chunk(delta, told.length > 0 ? { content: told, refusal: null } : undefined);
  }

  #chunk(delta: JsonObject | null, logprobs?: JsonObject): string {
    if (!delta) return '';
    const opening = this.#opening();
    this.#note(delta);
    const told = logprobs ? `,"logprobs":${JSON.stringify(logprobs)}` : '';
    return `${opening}${this.#prefix}${JSON.stringify(delta)}${told},"finish_reason":null}]}\n\n`;
  }

  #note(delta: JsonObject): void {
    const { state } = this;
    const content = asString(delta.content) ?? '';
    state.content += content;
    state.outputChars += content.length + (asString(delta.reasoning) ?? '').length;
    if (delta.tool_calls || delta.function_call) state.toolCalls = true;
    for (const call of [...asArray(delta.tool_calls), { function: delta.function_call }]) {
      const { function: named, custom } = asObject(call) ?? {};
      const given = asObject(named)?.arguments ?? asObject(custom)?.input;
      state.outputChars += (asString(given) ?? '').length;
    }
    if (OTHER_OUTPUT.some((name) => delta[name] !== undefined)) state.otherOutput = true;
  }

  #done(index: number, item: JsonObject): string {
    if (asString(item.type)?.endsWith('_call')) {
      this.#hosted.push(item);
      this.state.hostedCalls = callsIn(this.#hosted, {}, this.#request);
    }
    return this.#all(this.#whole(index, item));
  }

  #whole(index: number, item: JsonObject): JsonObject[] {
    if (this.#account !== undefined) markItems([item], this.#account);
    return this.#reply.end(index, item);
  }

  #all(deltas: readonly JsonObject[]): string {
    return deltas.map((delta) => this.#chunk(delta)).join('');
  }

  /** The last event has the whole response: items that no event has told of are said now. */
  #end(response: JsonObject): string {
    const { state } = this;
    if (state.finished) return '';
    this.#learn(response);
    const missing = asArray(response.output).flatMap((item, index) =>
      isObject(item) && !this.#reply.knows(index) ? this.#whole(index, item) : [],
    );
    const out = this.#all(missing) + this.#opening();
    this.#takeUsage(response);
    state.finished = true;
    state.done = true;
    Object.assign(state, finishOf(response, this.#reply.calls > 0, this.#legacy));
    const tier = asString(response.service_tier);
    const served = tier === undefined ? '' : `,"service_tier":${JSON.stringify(tier)}`;
    return `${out}${this.#prefix}{},"finish_reason":"${state.finishReason}"}]${served}}\n\n`;
  }

  #takeUsage(response: JsonObject | undefined): void {
    if (!isObject(response?.usage)) return;
    this.state.usage = usageIn(response, this.#quirks, this.#request) ?? this.state.usage;
    this.state.usageObject = chatUsage(response.usage);
  }
}

function partOf(value: JsonObject): number {
  return asNumber(value.content_index) ?? 0;
}
