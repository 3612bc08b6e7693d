import { asNumber, asObject, asString, isObject, type JsonObject, parseJson } from '../../../../lib/json.ts';
import { addMembers } from '../../../../lib/json-splice.ts';
import { HeldEvents } from '../../../held-events.ts';
import { eventText, type NativeDecoder, type ResponsesProgress, saidLast } from '../../../native.ts';
import { newStreamState } from '../../../stream-state.ts';
import type { AnswerMeta, Quirks, StreamState, Target } from '../../../types.ts';
import { inBandError, unreadable } from '../../error.ts';
import { endingOf, labelsOf, relabelled, usageOf } from './answer.ts';
import { callsIn } from './hosted.ts';
import { Items } from './items.ts';
import { markItems, markText } from './seals.ts';

/** Events that say once more what others have said, and pictures, which are large: passed on unread. */
const UNREAD: ReadonlySet<string> = new Set([
  'response.output_text.done',
  'response.refusal.done',
  'response.reasoning_text.done',
  'response.reasoning_summary_text.done',
  'response.reasoning_summary_part.done',
  'response.function_call_arguments.done',
  'response.custom_tool_call_input.done',
  'response.image_generation_call.partial_image',
]);

/** A stream of the Responses API for a client of the same API (https://platform.openai.com/docs/api-reference/responses-streaming). */
export class NativeResponseStream implements NativeDecoder {
  readonly state: StreamState;
  readonly #quirks: Quirks;
  readonly #account: string | undefined;
  readonly #meta: AnswerMeta;
  readonly #labels: JsonObject;
  readonly #items = new Items();
  readonly #events = new HeldEvents();
  #shell: JsonObject = {};
  #sequence = 0;
  /** The last event, which has the whole response. */
  #last: { data: string; event: string | null } | null = null;

  constructor({ quirks, account }: Target, meta: AnswerMeta) {
    this.#quirks = quirks;
    this.#account = account;
    this.#meta = meta;
    this.#labels = labelsOf(meta);
    this.state = newStreamState(meta.created);
  }

  get calls(): readonly string[] {
    return this.#items.calls;
  }

  get progress(): ResponsesProgress {
    return {
      format: 'responses',
      shell: this.#shell,
      sequence: this.#sequence,
      items: this.#items.passed,
    };
  }

  push(data: string, event: string | null): string {
    if (data === '[DONE]') {
      // Not of this API, but some hosts of it end their streams so.
      this.state.done = true;
      return '';
    }
    if (event !== null && UNREAD.has(event) && data.startsWith('{') && data.endsWith('}')) {
      this.#sequence++;
      return this.#events.pass(data, event, true);
    }
    const value = asObject(parseJson(data));
    if (!value) throw unreadable(data);
    const said = this.#take(value, this.#marked(data, value), event);
    this.#sequence = (asNumber(value.sequence_number) ?? this.#sequence) + 1;
    return said;
  }

  end(chunk: JsonObject): string {
    if (!this.#last) return '';
    const { data, event } = this.#last;
    return eventText(addMembers(data, ['response'], saidLast(chunk)) ?? data, event);
  }

  #take(value: JsonObject, data: string, event: string | null): string {
    const type = asString(value.type) ?? event;
    switch (type) {
      case 'response.output_text.delta':
        this.#items.say(value, 'text');
        return this.#events.pass(data, event, this.#text(asString(value.delta) ?? ''));
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        return this.#events.pass(this.#labelled(data, value), event, false);
      case 'response.output_item.added':
        return this.#events.pass(data, event, this.#begin(this.#items.add(value)));
      case 'response.output_item.done':
        this.#items.done(value);
        this.#count(asObject(value.item));
        return this.#events.pass(data, event, true);
      case 'response.content_part.added':
        this.#items.addPart(value);
        return this.#events.pass(data, event, false);
      case 'response.content_part.done':
        this.#items.closePart(value);
        return this.#events.pass(data, event, true);
      case 'response.output_text.annotation.added':
        this.#items.annotate(value);
        return this.#events.pass(data, event, true);
      case 'response.refusal.delta':
        this.#items.say(value, 'refusal');
        this.state.otherOutput = true;
        break;
      case 'response.completed':
      case 'response.incomplete':
        return this.#end(data, event, value);
      case 'response.failed':
      case 'error':
        this.#takeUsage(asObject(value.response));
        throw inBandError(asObject(value.response)?.error ?? value.error ?? value, data);
      case 'keepalive':
        return this.#events.pass(data, event, false);
      default:
        break;
    }
    if (typeof value.delta === 'string') this.state.outputChars += value.delta.length;
    return this.#events.pass(data, event, true);
  }

  /** The event, its sealed reasoning marked. Whole items are in few events. */
  #marked(data: string, { item, response }: JsonObject): string {
    const account = this.#account;
    if (account === undefined || (item === undefined && response === undefined)) return data;
    const items = item === undefined ? asObject(response)?.output : [item];
    return markText(data, markItems(items, account), account);
  }

  #labelled(data: string, value: JsonObject): string {
    const response = asObject(value.response) ?? {};
    const { state } = this;
    state.upstreamId ??= asString(response.id) || null;
    state.upstreamModel ??= asString(response.model) || null;
    this.#shell = { ...response, ...this.#labels };
    return relabelled(data, ['response'], this.#labels);
  }

  /** An item begins; false where nothing is said by that. */
  #begin({ type }: JsonObject): boolean {
    if (type === 'message') return false;
    // Calls of the provider's own tools end as little in half as those of the client's.
    if (type === 'reasoning') this.state.otherOutput = true;
    else this.state.toolCalls = true;
    return true;
  }

  #text(text: string): boolean {
    this.state.content += text;
    this.state.outputChars += text.length;
    return text !== '';
  }

  #end(data: string, event: string | null, value: JsonObject): string {
    const response = asObject(value.response) ?? {};
    const { state } = this;
    this.#last = { data: this.#labelled(data, value), event };
    this.#takeUsage(response);
    state.finished = true;
    state.done = true;
    Object.assign(state, endingOf(response, this.calls.length > 0));
    return this.#events.release();
  }

  /** A stream that breaks has called what it has called. */
  #count(item: JsonObject | undefined): void {
    if (!asString(item?.type)?.endsWith('_call')) return;
    const items = this.#items.passed.map((passed) => passed.item);
    this.state.hostedCalls = callsIn(items, {}, this.#meta.request.native?.body ?? {});
  }

  #takeUsage(response: JsonObject | undefined): void {
    if (!isObject(response?.usage)) return;
    this.state.usage = usageOf(response, this.#quirks, this.#meta) ?? this.state.usage;
  }
}
