import { costOf } from '../../billing/cost.ts';
import { nanoToUsd } from '../../billing/money.ts';
import { GatewayError } from '../../errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { StreamState, Usage } from '../../wires/types.ts';
import type { ServedStream } from '../attempt/served.ts';
import { StreamedToolCalls, type ToolCallVerdict, verdictOn } from '../learning/tool-calls.ts';
import { estimateUsage } from '../settling/estimate.ts';
import { providerCost } from '../settling/provider-cost.ts';
import type { Part } from '../settling/settle.ts';
import type { Judgement } from '../structured/judge.ts';
import { judgeStream, keeperOfChoices } from '../structured/stream.ts';
import type { StreamedChoices } from '../structured/streamed.ts';
import type { ChatCall } from '../types.ts';
import type { Joint } from './joint.ts';
import { joinUsage, usageObject } from './usage.ts';

/** One stream's part of an answer. */
interface Piece {
  served: ServedStream;
  joint: Joint | null;
}

/** What an answer comes to. */
interface Account {
  parts: Part[];
  usage: Usage | null;
  /** In OpenAI's shape. */
  usageObject: JsonObject | null;
  /** Events that could not be read and were passed over. */
  skippedEvents: number;
}

/** A streamed answer as the client has it: one stream, or what several gave one after the other. */
export class Answer {
  readonly #call: ChatCall;
  /** The last is the one that runs. */
  #pieces: Piece[] = [];
  /** `created` of the chunks, once the first has gone out. */
  #created: number | null = null;
  #firstTokenAt: number | null = null;
  /** Of the stream that runs. */
  #toolCalls = new StreamedToolCalls();
  /** Of the same, where it has several and is to be JSON. */
  #choices: StreamedChoices | null = null;

  constructor(call: ChatCall) {
    this.#call = call;
  }

  /** From now on this stream goes out. */
  begin(served: ServedStream, joint: Joint | null): void {
    this.#toolCalls = new StreamedToolCalls();
    this.#choices = keeperOfChoices(this.#call);
    this.#pieces.push({ served, joint });
    this.#firstTokenAt ??= Date.now();
  }

  /** Nothing that was given so far counts any more. */
  annul(): void {
    this.writeOff();
    this.#pieces = [];
  }

  /** Nobody is charged for what was given: what it cost is the operator's. */
  writeOff(): void {
    for (const { served } of this.#pieces) {
      const { state } = served.stream.decoder;
      served.record.provider_cost = providerCost(served.candidate, this.#call.request, state);
    }
  }

  /** The stream that runs, or ran last. */
  get served(): ServedStream {
    const last = this.#pieces.at(-1);
    if (!last) throw new GatewayError('internal_error');
    return last.served;
  }

  get hasBegun(): boolean {
    return this.#pieces.length > 0;
  }

  get firstTokenAt(): number | null {
    return this.#firstTokenAt;
  }

  /** What the client gets of what the running stream says. */
  joined(text: string): string {
    const joint = this.#pieces.at(-1)?.joint;
    const { state } = this.served.stream.decoder;
    this.#created ??= state.created;
    if (state.toolCalls && !this.served.native) this.#toolCalls.push(text);
    this.#choices?.push(text);
    return joint ? joint.push(text) : text;
  }

  /** Whether the tool calls of the stream that runs, or ran last, are JSON. */
  get toolCalls(): ToolCallVerdict {
    const { native } = this.served;
    return native ? verdictOn(native.calls) : this.#toolCalls.verdict;
  }

  /** What is to be said of the stream that ran last, where its request wants JSON. */
  judge(): Judgement | null {
    return judgeStream(this.#call, this.served, this.#choices);
  }

  /** What the joint still holds back of a stream that nobody goes on with. */
  rest(): string {
    return this.#pieces.at(-1)?.joint?.end() ?? '';
  }

  /** What the client has. */
  get sent(): Pick<StreamState, 'content' | 'toolCalls' | 'otherOutput'> & { outputTokens: number } {
    const sent = { content: '', toolCalls: false, otherOutput: false, outputTokens: 0 };
    for (const { served, joint } of this.#pieces) {
      const { state } = served.stream.decoder;
      sent.content += joint ? joint.text : state.content;
      sent.toolCalls ||= state.toolCalls;
      sent.otherOutput ||= state.otherOutput;
      sent.outputTokens += estimateUsage(this.#call.request, state).outputTokens;
    }
    return sent;
  }

  /** `created` of the chunks that the client has, Unix seconds. */
  get created(): number {
    return this.#created ?? Math.floor(this.#call.startedAt / 1000);
  }

  /**
   * Who gave what, and the usage of it all.
   * @param broken the last stream did not end as it should: its usage is estimated.
   */
  account(broken: boolean): Account {
    const [first, ...others] = this.#pieces;
    if (!first) return { parts: [], usage: null, usageObject: null, skippedEvents: 0 };
    const skippedEvents = this.#pieces.reduce((sum, { served }) => sum + served.stream.decoder.skipped, 0);
    const { candidate, stream } = first.served;
    const { state } = stream.decoder;
    if (others.length === 0) {
      const usage = broken ? estimateUsage(this.#call.request, state) : state.usage;
      return { parts: [{ candidate, usage }], usage, usageObject: state.usageObject, skippedEvents };
    }
    let whole = estimateUsage(this.#call.request, state);
    const parts: Part[] = [];
    for (const [index, { served, joint }] of others.entries()) {
      const ended = served.stream.decoder.state;
      const known = broken || index < others.length - 1 ? null : ended.usage;
      const own = known ?? estimateUsage(served.request, ended);
      const joined = joinUsage(whole, own, joint?.removed ?? 0);
      // Its prompt and its overlap are the operator's.
      served.record.provider_cost = differenceUsd(served, own, joined.second);
      if (index === 0) parts.push({ candidate, usage: joined.first });
      parts.push({ candidate: served.candidate, usage: joined.second });
      whole = joined.whole;
    }
    return { parts, usage: whole, usageObject: usageObject(whole), skippedEvents };
  }
}

/** How much more one usage costs than another at the price of who gave it, USD; null where that is not known. */
function differenceUsd({ candidate }: ServedStream, more: Usage, less: Usage): number | null {
  const { price } = candidate.endpoint;
  return price && nanoToUsd(costOf(more, price).total - costOf(less, price).total);
}
