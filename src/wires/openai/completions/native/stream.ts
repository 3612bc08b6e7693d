import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../../../lib/json.ts';
import { HeldEvents } from '../../../held-events.ts';
import type { CompletionsProgress, NativeDecoder } from '../../../native.ts';
import { newStreamState } from '../../../stream-state.ts';
import type { AnswerMeta, Quirks, StreamState } from '../../../types.ts';
import { inBandError, unreadable } from '../../error.ts';
import { choiceError, mapFinishReason } from '../../repair.ts';
import { IdSplice, withoutNullUsage } from '../../splice.ts';
import { readUsage } from '../../usage.ts';
import { lastWords } from '../answer.ts';
import { promptsOf } from '../prompt.ts';
import { hasShell, isRegularChoice, repairedChoice } from './answer.ts';
import { Echo } from './echo.ts';

/** A streamed completion for a client of the same API: the host's chunks, with only the id and usage taken out of them. */
export class NativeCompletionStream implements NativeDecoder {
  readonly state: StreamState;
  readonly calls = [];
  readonly #quirks: Quirks;
  readonly #meta: AnswerMeta;
  readonly #ids: IdSplice;
  /** Choices that were asked for. */
  readonly #asked: number;
  /** `created` where the chunks go on behind another's. */
  readonly #created: number | undefined;
  /** By choice. */
  readonly #echoes = new Map<number, Echo>();
  readonly #closed = new Set<number>();
  readonly #events = new HeldEvents();
  /** What chunks say of how they were made. */
  #shell: JsonObject = {};

  constructor(quirks: Quirks, meta: AnswerMeta) {
    const { native } = meta.request;
    this.#quirks = quirks;
    this.#meta = meta;
    this.#ids = new IdSplice(meta.id);
    this.#asked = (promptsOf(native?.body.prompt)?.length ?? 1) * (asNumber(native?.body.n) ?? 1);
    this.#created = asNumber(native?.echo?.created);
    this.state = newStreamState(this.#created ?? meta.created);
  }

  get progress(): CompletionsProgress {
    return { format: 'completions', begun: [...this.#echoes.keys()] };
  }

  push(data: string, event: string | null): string {
    if (data === '[DONE]') {
      this.state.done = true;
      this.state.finished = this.#isFinished(0);
      return '';
    }
    if (data.trim() === '') return '';
    const chunk = asObject(parseJson(data));
    if (!chunk) throw unreadable(data);
    this.#learn(chunk);
    const failed = event === 'error' || chunk.object === 'error';
    const error = chunk.error ?? (failed ? chunk : undefined);
    if (error !== undefined && error !== null) throw inBandError(error, data);
    const choices = asArray(chunk.choices);
    if (choices.length === 0) {
      // Without choices usage is the last that comes, and it waits for what the answer cost.
      if (isObject(chunk.usage)) this.state.finished = this.#isFinished(0);
      return '';
    }
    const says = choices.map((choice) => this.#read(choice, data)).includes(true);
    this.state.finished = this.#isFinished(this.#asked);
    return this.#events.pass(this.#written(data, chunk), null, says);
  }

  end(chunk: JsonObject): string {
    const { id } = this.#meta;
    return lastWords({
      ...chunk,
      id,
      object: 'text_completion',
      created: this.state.created,
      ...this.#shell,
    });
  }

  /** @param least choices that must be there: as many as were asked for, until the host says that these are all. */
  #isFinished(least: number): boolean {
    return this.#closed.size > 0 && this.#closed.size >= Math.max(this.#echoes.size, least);
  }

  #learn(chunk: JsonObject): void {
    const { state } = this;
    state.upstreamModel ??= asString(chunk.model) || null;
    if (state.upstreamId === null) {
      state.upstreamId = asString(chunk.id) || null;
      state.created = this.#created ?? (asNumber(chunk.created) || state.created);
    }
    const fingerprint = asString(chunk.system_fingerprint);
    if (fingerprint !== undefined) this.#shell = { system_fingerprint: fingerprint };
    const usage = asObject(chunk.usage);
    const read = readUsage(usage, this.#quirks);
    if (!usage || !read) return;
    state.usage = read;
    state.usageObject = usage;
  }

  /** Notes what a choice tells; whether the model has said something by it. */
  #read(choice: Json, data: string): boolean {
    const given = asObject(choice);
    if (!given) throw unreadable(data);
    const reason = asString(given.finish_reason) || null;
    const broken = choiceError(given, data);
    if (broken) {
      this.state.rawFinishReason = reason;
      throw broken;
    }
    const index = asNumber(given.index) ?? 0;
    const echo = this.#echoes.get(index) ?? new Echo(this.#meta.request.native, index);
    this.#echoes.set(index, echo);
    const said = echo.take(asString(given.text) ?? '');
    const { state } = this;
    state.outputChars += said.length;
    if (index === 0) state.content += said;
    else if (said !== '') state.otherOutput = true;
    if (reason === null) return said !== '';
    this.#closed.add(index);
    if (state.rawFinishReason === null || index === 0) {
      state.rawFinishReason = reason;
      state.finishReason = mapFinishReason(reason);
    }
    return true;
  }

  /** The host's own text, written anew only where the chunk deviates from the API's description. */
  #written(data: string, chunk: JsonObject): string {
    const { choices, usage } = chunk;
    const regular =
      hasShell(chunk) &&
      !isObject(usage) &&
      (this.#created === undefined || chunk.created === this.#created) &&
      asArray(choices).every((choice) => isRegularChoice(choice, false));
    const hidesNull = usage === null && !this.#meta.request.includeUsage;
    const labelled = regular ? this.#ids.apply(data, String(chunk.id)) : undefined;
    const text = labelled !== undefined && hidesNull ? withoutNullUsage(labelled) : labelled;
    return text ?? JSON.stringify(this.#repaired(chunk));
  }

  #repaired({ usage: _, ...chunk }: JsonObject): JsonObject {
    return {
      ...chunk,
      id: this.#meta.id,
      object: 'text_completion',
      created: this.#created ?? (asNumber(chunk.created) || this.state.created),
      model: asString(chunk.model) || this.state.upstreamModel || this.#meta.model,
      choices: asArray(chunk.choices).map((choice, place) => repairedChoice(choice, place, null)),
      ...(this.#meta.request.includeUsage ? { usage: null } : {}),
    };
  }
}
