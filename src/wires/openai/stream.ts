import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';
import { memberText } from '../../lib/json-members.ts';
import { newStreamState } from '../stream-state.ts';
import type { AnswerMeta, ChatRequest, Quirks, StreamDecoder, StreamState, Target } from '../types.ts';
import { CallIndexes } from './call-indexes.ts';
import { inBandError, unreadable } from './error.ts';
import {
  choiceError,
  flattenContent,
  isFinishReason,
  isRegularCall,
  mapFinishReason,
  repairMessage,
} from './repair.ts';
import { IdSplice, withoutNullUsage } from './splice.ts';
import { readUsage } from './usage.ts';

/** A decoder for one stream of an OpenAI-shaped host: its own events, with only the id and usage taken out of them. */
export function createStream(target: Target, meta: AnswerMeta): StreamDecoder {
  return new OpenAiStream(target.quirks, meta);
}

class OpenAiStream implements StreamDecoder {
  readonly state: StreamState;
  readonly #meta: AnswerMeta;
  readonly #quirks: Quirks;
  readonly #ids: IdSplice;
  /** A client that did not ask for usage does not see `"usage":null` either. */
  readonly #hidesNullUsage: boolean;
  #dated = false;
  /** Choices seen, and those of them that have a finish reason. */
  readonly #open = new Set<number>();
  readonly #closed = new Set<number>();
  /** Choices that were asked for. */
  readonly #asked: number;
  /** By choice. */
  readonly #calls = new Map<number, CallIndexes>();

  constructor(quirks: Quirks, meta: AnswerMeta) {
    this.#quirks = quirks;
    this.#meta = meta;
    this.#ids = new IdSplice(meta.id);
    this.#asked = choicesAsked(meta.request);
    this.#hidesNullUsage = !meta.request.includeUsage;
    this.state = newStreamState(meta.created);
  }

  push(data: string, event: string | null): string {
    if (data === '[DONE]') {
      this.state.done = true;
      this.state.finished = this.#isFinished(0);
      return '';
    }
    if (data.trim() === '') return '';
    const chunk = parseJson(data);
    if (!isObject(chunk)) throw unreadable(data);
    this.#learn(chunk);
    const usage = chunk.usage;
    if (isObject(usage)) this.#takeUsage(usage);
    const failed = event === 'error' || chunk.object === 'error';
    const error = chunk.error ?? (failed ? chunk : undefined);
    if (error !== undefined) throw inBandError(error, data);

    // What has no choices is no chunk: a ping, or the usage.
    if (!Array.isArray(chunk.choices)) return '';
    const choices = chunk.choices;
    if (choices.length === 0 && isObject(usage)) {
      this.state.finished = this.#isFinished(0);
      return '';
    }
    // Many clients read the delta of the first choice and ask nothing: Azure's filters come without one.
    if (choices.length === 0 && usage === undefined)
      chunk.choices = [{ index: 0, delta: {}, finish_reason: null }];
    let regular = chunk.choices === choices && !data.includes('\n');
    for (const choice of choices) {
      if (!this.#read(choice, data)) regular = false;
    }
    this.state.finished = this.#isFinished(this.#asked);
    const text = regular && !isObject(usage) ? this.#spliced(data, chunk) : undefined;
    return `data: ${text ?? JSON.stringify(this.#repaired(chunk))}\n\n`;
  }

  /** @param least choices that must be there: as many as were asked for, until the host says that these are all. */
  #isFinished(least: number): boolean {
    return this.#closed.size > 0 && this.#closed.size >= Math.max(this.#open.size, least);
  }

  /** Labels come with the first chunk, or, where that one only tells of content filters, with a later one. */
  #learn(chunk: JsonObject): void {
    const { state } = this;
    state.upstreamId ??= asString(chunk.id) || null;
    state.upstreamModel ??= asString(chunk.model) || null;
    if (this.#dated) return;
    const created = asNumber(chunk.created) || undefined;
    this.#dated = created !== undefined;
    state.created = created ?? state.created;
  }

  #takeUsage(usage: JsonObject): void {
    const read = readUsage(usage, this.#quirks);
    if (!read) return;
    this.state.usage = read;
    this.state.usageObject = usage;
  }

  /** Notes what a choice tells; false when it deviates from OpenAI's schema and must be repaired. */
  #read(choice: Json, data: string): boolean {
    if (!isObject(choice)) return false;
    const reason = choice.finish_reason;
    const broken = choiceError(choice, data);
    if (broken) {
      this.state.rawFinishReason = asString(reason) ?? null;
      throw broken;
    }
    const index = asNumber(choice.index) ?? 0;
    const delta = asObject(choice.delta) ?? asObject(choice.message);
    let regular = isObject(choice.delta) && typeof choice.index === 'number';
    this.#open.add(index);
    if (delta && !this.#readDelta(delta, index)) regular = false;
    if (typeof reason === 'string' && reason !== '') {
      if (!isFinishReason(reason)) regular = false;
      this.#finish(index, reason);
    } else if (reason !== null) {
      regular = false;
    }
    return regular;
  }

  #readDelta(delta: JsonObject, choice: number): boolean {
    const { state } = this;
    const { content, reasoning, reasoning_content: thought, refusal, tool_calls: calls } = delta;
    let regular = true;
    if (typeof content === 'string') this.#note(content, '', choice);
    else if (Array.isArray(content)) {
      const flat = flattenContent(content);
      this.#note(flat?.content ?? '', flat?.reasoning ?? '', choice);
      regular = false;
    }
    if (typeof reasoning === 'string') this.#note('', reasoning, choice);
    else if (typeof thought === 'string') {
      this.#note('', thought, choice);
      regular = false;
    }
    if (typeof refusal === 'string') this.#note('', refusal, choice);
    if (delta.audio || delta.images) state.otherOutput = true;
    if (delta.function_call) state.toolCalls = true;
    if (delta.role === null) regular = false;
    if (calls === undefined) return regular;
    if (!Array.isArray(calls)) return false;
    if (calls.length > 0) state.toolCalls = true;
    for (const call of calls) {
      const fn = asObject(asObject(call)?.function);
      if (typeof fn?.arguments === 'string') state.outputChars += fn.arguments.length;
      if (!isRegularCall(call, true)) regular = false;
      if (isObject(call) && !this.#place(call, choice)) regular = false;
    }
    return regular;
  }

  /** @param other reasoning or a refusal. */
  #note(content: string, other: string, choice: number): void {
    const { state } = this;
    state.outputChars += content.length + other.length;
    if (choice === 0) state.content += content;
    else if (content !== '') state.otherOutput = true;
    if (other !== '') state.otherOutput = true;
  }

  /** Gives a piece of a tool call its index; false when it had another or none. */
  #place(call: JsonObject, choice: number): boolean {
    const indexes = this.#calls.get(choice) ?? new CallIndexes();
    this.#calls.set(choice, indexes);
    const index = indexes.of(call);
    const had = call.index === index;
    call.index = index;
    return had;
  }

  #finish(index: number, reason: string): void {
    this.#closed.add(index);
    const { state } = this;
    if (state.rawFinishReason === null || index === 0) {
      state.rawFinishReason = reason;
      state.finishReason = mapFinishReason(reason);
    }
  }

  /** The host's own text; undefined when more than the id must be changed. */
  #spliced(data: string, chunk: JsonObject): string | undefined {
    if (chunk.object !== 'chat.completion.chunk' || !asString(chunk.model)) return undefined;
    if (typeof chunk.id !== 'string' || typeof chunk.created !== 'number' || !Array.isArray(chunk.choices)) {
      return undefined;
    }
    const text = this.#ids.apply(data, chunk.id);
    if (text === undefined || chunk.usage === undefined || !this.#hidesNullUsage) return text;
    return withoutNullUsage(text);
  }

  #repaired(chunk: JsonObject): JsonObject {
    const repaired: JsonObject = {
      ...chunk,
      id: this.#meta.id,
      object: 'chat.completion.chunk',
      created: asNumber(chunk.created) || this.state.created,
      model: asString(chunk.model) || this.state.upstreamModel || this.#meta.model,
      choices: asArray(chunk.choices).map((choice, position) => {
        const given = asObject(choice) ?? {};
        const reason = asString(given.finish_reason);
        return {
          ...given,
          index: asNumber(given.index) ?? position,
          delta: repairMessage(asObject(given.delta) ?? asObject(given.message) ?? {}, true),
          finish_reason: reason ? mapFinishReason(reason) : null,
        };
      }),
    };
    if (isObject(chunk.usage) || this.#hidesNullUsage) delete repaired.usage;
    return repaired;
  }
}

/** `n`, without a look into the rest of the body. */
function choicesAsked({ bytes, members }: ChatRequest): number {
  const member = members.findLast(({ name }) => name === 'n');
  return (member && Number(memberText(bytes, member))) || 1;
}
