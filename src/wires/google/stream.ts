import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';
import type { AnswerMeta, FinishReason, StreamDecoder, StreamState, Target, Usage } from '../types.ts';
import { Choice, Labels } from './choice.ts';
import { abandoned, errorMember, toError, unreadable } from './error.ts';
import { candidateExtras } from './extras.ts';
import { mapFinishReason, promptRefusal, refusalText } from './finish.ts';
import { annotations } from './grounding.ts';
import { Searches } from './hosted.ts';
import { openaiLogprobs } from './logprobs.ts';
import { usesLegacyFunctions } from './tools.ts';
import { readUsage, usageObject } from './usage.ts';

/** A decoder for one stream of `streamGenerateContent?alt=sse`: each event is a GenerateContentResponse. */
export function createStream(_target: Target, meta: AnswerMeta): StreamDecoder {
  return new GoogleStream(meta);
}

/** Usage comes with every event and is cumulative, so it is read when asked for, not per event. */
class GoogleState implements StreamState {
  finished = false;
  done = false;
  finishReason: FinishReason | null = null;
  rawFinishReason: string | null = null;
  upstreamId: string | null = null;
  upstreamModel: string | null = null;
  created: number;
  outputChars = 0;
  content = '';
  toolCalls = false;
  otherOutput = false;
  /** The counts so far; a later event corrects an earlier one. */
  usageMetadata: JsonObject | null = null;
  readonly searches = new Searches();

  constructor(created: number) {
    this.created = created;
  }

  get usage(): Usage | null {
    return this.usageMetadata ? readUsage(this.usageMetadata, this.searches.calls) : null;
  }

  get hostedCalls(): StreamState['hostedCalls'] {
    return this.searches.calls;
  }

  get usageObject(): JsonObject | null {
    const usage = this.finished ? this.usage : null;
    return usage ? usageObject(usage) : null;
  }
}

/** A choice with what is the same in all its chunks. */
interface Line {
  choice: Choice;
  prefix: string;
  /** Annotations that are out already: sources are said again in later events. */
  cited: Set<string>;
}

const SUFFIX = ',"finish_reason":null}]}\n\n';

/** Members of a delta that are neither text nor calls. */
const OTHER_OUTPUT = ['reasoning', 'reasoning_details', 'images', 'audio', 'provider_data'] as const;

class GoogleStream implements StreamDecoder {
  readonly state: GoogleState;
  readonly #meta: AnswerMeta;
  readonly #labels: Labels;
  readonly #lines = new Map<number, Line>();
  /** Beginning of every chunk, up to the choice; empty until the model is known. */
  #head = '';

  constructor(meta: AnswerMeta) {
    this.#meta = meta;
    this.#labels = new Labels(meta.id, usesLegacyFunctions(meta.request.body()));
    this.state = new GoogleState(meta.created);
  }

  push(data: string, _event: string | null): string {
    if (data === '[DONE]') {
      // Not of this API, but some hosts of it end their streams so.
      this.state.done = true;
      return '';
    }
    const parsed = parseJson(data);
    const error = errorMember(parsed);
    if (error) throw toError(200, error, data);
    const value = asObject(parsed);
    if (!value) throw unreadable(data);
    if (this.#head === '') this.#begin(value);
    const { state } = this;
    const usage = asObject(value.usageMetadata);
    if (usage) state.usageMetadata = state.usageMetadata ? { ...state.usageMetadata, ...usage } : usage;

    let out = '';
    for (const [position, candidate] of asArray(value.candidates).entries()) {
      if (isObject(candidate)) out += this.#candidate(candidate, position, data);
    }
    const feedback = asObject(value.promptFeedback);
    const blocked = asString(feedback?.blockReason);
    if (blocked !== undefined) out += this.#block(blocked, asString(feedback?.blockReasonMessage));
    return out;
  }

  #begin(value: JsonObject): void {
    const { id, model } = this.#meta;
    this.state.upstreamModel = asString(value.modelVersion) || null;
    this.state.upstreamId = asString(value.responseId) ?? null;
    const name = JSON.stringify(this.state.upstreamModel ?? model);
    this.#head = `data: {"id":${JSON.stringify(id)},"object":"chat.completion.chunk","created":${this.state.created},"model":${name},"choices":[{"index":`;
  }

  #candidate(candidate: JsonObject, position: number, data: string): string {
    const index = asNumber(candidate.index) ?? position;
    let line = this.#lines.get(index);
    let out = '';
    if (!line) {
      line = this.#open(index);
      out = `${line.prefix}{"role":"assistant","content":""}${SUFFIX}`;
    }
    if (candidate.groundingMetadata) this.state.searches.read(candidate);
    for (const part of asArray(asObject(candidate.content)?.parts)) {
      if (isObject(part)) out += this.#part(line, part);
    }
    if (candidate.logprobsResult) {
      const logprobs = openaiLogprobs(candidate.logprobsResult);
      if (logprobs) out += `${line.prefix}{},"logprobs":${JSON.stringify(logprobs)}${SUFFIX}`;
    }
    const extras = candidateExtras(candidate);
    if (extras) out += this.#extras(line, candidate, extras);
    const reason = asString(candidate.finishReason);
    if (reason !== undefined || line.choice.finish !== null)
      out += this.#finish(line, candidate, reason, data);
    return out;
  }

  #open(index: number): Line {
    const line: Line = {
      choice: new Choice(index, this.#labels),
      prefix: `${this.#head}${index},"delta":`,
      cited: new Set(),
    };
    this.#lines.set(index, line);
    this.state.finished = false;
    return line;
  }

  #part(line: Line, part: JsonObject): string {
    const { text } = part;
    // Nearly all events: one part with nothing but text.
    if (typeof text === 'string' && part.thoughtSignature === undefined && part.thought === undefined) {
      if (text === '') return '';
      line.choice.plain(text);
      this.state.outputChars += text.length;
      this.#noteText(text, line.choice.index);
      return `${line.prefix}{"content":${JSON.stringify(text)}}${SUFFIX}`;
    }
    const delta = line.choice.part(part);
    if (!delta) return '';
    this.#note(delta, line.choice.index);
    return this.#chunk(line, delta);
  }

  #note(delta: JsonObject, index: number): void {
    const { state } = this;
    state.outputChars += charsOf(delta);
    if (typeof delta.content === 'string') this.#noteText(delta.content, index);
    if (delta.tool_calls || delta.function_call) state.toolCalls = true;
    if (OTHER_OUTPUT.some((name) => delta[name] !== undefined)) state.otherOutput = true;
  }

  #noteText(text: string, index: number): void {
    if (index === 0) this.state.content += text;
    else if (text !== '') this.state.otherOutput = true;
  }

  #chunk(line: Line, delta: JsonObject): string {
    return `${line.prefix}${JSON.stringify(delta)}${SUFFIX}`;
  }

  #extras(line: Line, candidate: JsonObject, extras: JsonObject): string {
    const found = annotations(candidate, line.choice.text).filter((annotation) => {
      const text = JSON.stringify(annotation);
      if (line.cited.has(text)) return false;
      line.cited.add(text);
      return true;
    });
    return this.#chunk(line, {
      ...(found.length > 0 ? { annotations: found } : {}),
      provider_data: { google: extras },
    });
  }

  /**
   * The end of a choice. A part that comes behind it is passed on as any other; only when it changes the
   * reason (a call after STOP) is the end said again.
   */
  #finish(line: Line, candidate: JsonObject, reason: string | undefined, data: string): string {
    const { choice } = line;
    const raw = reason ?? 'STOP';
    if (reason === undefined && !(choice.finish === 'stop' && choice.calls > 0)) return '';
    const finish = mapFinishReason(raw, choice.calls > 0, this.#labels.legacy);
    if (finish === null) throw abandoned(raw, data);
    if (finish === choice.finish) return '';
    choice.finish = finish;
    const { state } = this;
    if (choice.index === 0 || state.finishReason === null) {
      state.finishReason = finish;
      state.rawFinishReason = raw;
    }
    state.finished = [...this.#lines.values()].every((other) => other.choice.finish !== null);
    const refused = finish === 'content_filter' && !choice.answered;
    const refusal = refused
      ? this.#chunk(line, { refusal: refusalText(raw, asString(candidate.finishMessage)) })
      : '';
    return `${refusal}${line.prefix}{},"finish_reason":"${finish}"}]}\n\n`;
  }

  /** The prompt was refused: what has no end yet ends so, and without any choice there is one that says so. */
  #block(reason: string, message: string | undefined): string {
    let out = '';
    if (this.#lines.size === 0) {
      const { prefix } = this.#open(0);
      out = `${prefix}{"role":"assistant","content":""}${SUFFIX}`;
    }
    for (const line of this.#lines.values()) {
      if (line.choice.finish !== null) continue;
      line.choice.finish = 'content_filter';
      this.state.finishReason ??= 'content_filter';
      this.state.rawFinishReason ??= reason;
      out += this.#chunk(line, { refusal: promptRefusal(reason, message) });
      out += `${line.prefix}{},"finish_reason":"content_filter"}]}\n\n`;
    }
    this.state.finished = true;
    return out;
  }
}

/** Characters of text, reasoning and arguments in a delta. */
function charsOf(delta: JsonObject): number {
  let chars = (asString(delta.content) ?? '').length + (asString(delta.reasoning) ?? '').length;
  for (const call of [
    ...asArray(delta.tool_calls).map((entry) => asObject(entry)?.function),
    delta.function_call,
  ]) {
    chars += (asString(asObject(call)?.arguments) ?? '').length;
  }
  return chars;
}
