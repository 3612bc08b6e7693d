import { GatewayError, toGatewayError } from '../../errors.ts';
import type { Policy } from '../../routing/policy/types.ts';
import type { Granted } from '../admit.ts';
import type { Pursuit } from '../attempt/pursuit.ts';
import type { ServedStream } from '../attempt/served.ts';
import { idleLimit } from '../attempt/time-limits.ts';
import { type ClientFormat, clientFormat } from '../formats/client-format.ts';
import { inClientsWords } from '../formats/client-words.ts';
import { answerHeaders, droppedParams } from '../headers.ts';
import { learnFromAnswer } from '../learning/learn.ts';
import { observeStream } from '../learning/observe.ts';
import { Answer } from '../midstream/answer.ts';
import type { Joint } from '../midstream/joint.ts';
import { isRescuable, rescue } from '../midstream/rescue.ts';
import type { Waking } from '../pipeline.ts';
import { errorWithoutSecret } from '../redact.ts';
import { keepCancelled, lastWords } from '../settling/archive.ts';
import { outcomeOf } from '../settling/keeper.ts';
import { settle } from '../settling/settle.ts';
import { announceStream } from '../structured/stream.ts';
import type { ChatCall, Trail } from '../types.ts';
import { ClientWriter } from './client-writer.ts';
import { decodeEvents, drain } from './open-stream.ts';
import { StreamWatch } from './stream-watch.ts';

/** A stream that is larger is cut. */
const MAX_STREAM_BYTES = 128 * 1024 * 1024;

/** What a relay works with. */
export interface Relayed {
  call: ChatCall;
  trail: Trail;
  pursuit: Pursuit;
  policy: Policy;
}

/** Starts the relay of a stream and answers it. The relay itself lives in `waitUntil`, also when the client goes. */
export function relay(relayed: Relayed, begun: ServedStream | Waking, granted: Granted): Response {
  const { call, trail } = relayed;
  const { readable, writable } = new IdentityTransformStream();
  call.waitUntil(new Relay(relayed, writable).run(begun));
  const dropped = droppedParams(call, begun.kind === 'stream' ? begun : null);
  const { candidate } = begun;
  if (begun.kind === 'stream') announceStream(call, trail, begun);
  return new Response(readable, {
    headers: {
      ...answerHeaders(call, trail, { candidate, dropped }, granted, 'text/event-stream; charset=utf-8'),
      'cache-control': 'no-cache',
    },
  });
}

/** The one stream loop: events in, events out, one write per read. */
class Relay {
  readonly #call: ChatCall;
  readonly #relayed: Relayed;
  readonly #answer: Answer;
  readonly #format: ClientFormat;
  readonly #out: ClientWriter;
  readonly #watch: StreamWatch;
  /** Bytes from the upstream of the stream that runs. */
  #received = 0;
  /** What a comment says while nothing else is said. */
  #comment: () => string;

  constructor(relayed: Relayed, writable: WritableStream<Uint8Array>) {
    const { call, trail, policy } = relayed;
    this.#call = call;
    this.#relayed = relayed;
    this.#answer = new Answer(call);
    this.#format = clientFormat(call);
    this.#comment = () => this.#format.ping();
    this.#out = new ClientWriter(writable, () => trail.brake.pull(new GatewayError('client_closed_request')));
    this.#watch = new StreamWatch(call, trail, policy, this.#out, {
      cutoff: () => this.#answer.served.stream.cutoff,
      idleMs: (wished) => idleLimit(this.#answer.served.stream.decoder.state, wished, call.config.limits),
      comment: () => this.#comment(),
    });
  }

  async run(begun: ServedStream | Waking): Promise<void> {
    let failure: GatewayError | null;
    try {
      failure = await this.#watch.during(() =>
        begun.kind === 'stream' ? this.#pass(begun) : this.#awaken(begun),
      );
    } catch (thrown) {
      // Whatever it is: it is settled, and the client is told.
      failure = toGatewayError(thrown);
    }
    await this.#end(failure);
    if (this.#answer.hasBegun) await drain(this.#answer.served.stream);
  }

  /** Tells the client that the provider is waking, until it answers. */
  async #awaken({ since, stream }: Waking): Promise<GatewayError | null> {
    this.#comment = () => `: waking ${Math.round((Date.now() - since) / 1000)}s\n\n`;
    this.#out.say(this.#comment());
    const served = await stream;
    this.#comment = () => this.#format.ping();
    return await this.#pass(served);
  }

  /** Passes an answer on, and what continues it where it breaks. */
  async #pass(first: ServedStream): Promise<GatewayError | null> {
    this.#begin(first, null);
    for (;;) {
      this.#watch.listen();
      this.#received = 0;
      const broken = await this.#pump();
      this.#watch.listening = false;
      const { served } = this.#answer;
      const failure = broken && (served.native ? broken : inClientsWords(broken, this.#call.request));
      this.#observe(served, failure);
      if (failure) this.#broke(served, failure);
      const rescued = failure && (await rescue(this.#relayed, this.#answer, failure));
      if (!rescued) {
        await this.#write(this.#format.chunks(this.#answer.rest()));
        return failure && (this.#relayed.trail.brake.reason ?? failure);
      }
      this.#begin(rescued.served, rescued.joint);
      if (rescued.announcement !== '') await this.#write(rescued.announcement);
    }
  }

  #begin(served: ServedStream, joint: Joint | null): void {
    this.#answer.begin(served, joint);
    this.#format.begin(served);
  }

  /** Passes events on until the upstream is done, fails, or the client goes. */
  async #pump(): Promise<GatewayError | null> {
    const { reader, framer, decoder, cutoff, firstText } = this.#answer.served.stream;
    decoder.maySkip = () => !isRescuable(this.#relayed, this.#answer);
    try {
      await this.#write(this.#format.chunks(this.#answer.joined(firstText)));
      while (!decoder.state.done) {
        const { value, done } = await reader.read();
        this.#watch.lastActivityAt = Date.now();
        this.#received += value?.byteLength ?? 0;
        if (this.#received > MAX_STREAM_BYTES) return tooLong('is larger than 128 MB');
        const { text, error } = decodeEvents(decoder, done ? framer.end() : framer.push(value));
        const behind = text === '' ? undefined : this.#write(this.#format.chunks(this.#answer.joined(text)));
        if (behind) await this.#watch.holdBack(behind);
        // Nothing is missing behind the last word.
        if (error) return decoder.state.finished ? null : error;
        if (done) break;
      }
    } catch (cause) {
      const error = cutoff.explainRead(cause);
      return decoder.state.finished && error.code !== 'client_closed_request' ? null : error;
    }
    return decoder.state.finished ? null : (decoder.setAside ?? new GatewayError('upstream_incomplete'));
  }

  #write(text: string): Promise<void> | undefined {
    return this.#out.write(text, this.#watch.lastActivityAt);
  }

  /** Tells health how a stream ended. What the request itself ended speaks against nobody. */
  #observe(served: ServedStream, failure: GatewayError | null): void {
    const { trail } = this.#relayed;
    const { state } = served.stream.decoder;
    served.record.duration_ms = Date.now() - served.calledAt;
    const isOwn = this.#watch.cutByCaller || trail.brake.reason !== null;
    const judgement = failure ? null : this.#answer.judge();
    trail.structured = judgement?.output ?? null;
    const verdicts = { toolCalls: this.#answer.toolCalls, structured: judgement?.validity ?? null };
    observeStream(this.#call, served, state, verdicts, isOwn ? null : failure);
  }

  /** Notes on the trail that a stream broke, and ends its connection. */
  #broke({ record, secret, stream }: ServedStream, failure: GatewayError): void {
    const error = errorWithoutSecret(failure, secret);
    record.outcome = error.code === 'client_closed_request' ? 'cancelled' : 'cut';
    record.error = error.code;
    record.upstream_error = error.upstream;
    stream.cutoff.cut(error);
    this.#relayed.trail.brake.detach(stream.cutoff);
  }

  /** Settles, then says the last word to a client that is still there. */
  async #end(thrown: GatewayError | null): Promise<void> {
    const { call, trail } = this.#relayed;
    const answer = this.#answer;
    const served = answer.hasBegun ? answer.served : null;
    // Else a short time limit would buy the beginning of any answer for nothing.
    const cut = thrown !== null && this.#watch.cutByCaller && answer.hasBegun;
    const outcome = call.keeper ? await outcomeOf(call, thrown, cut) : thrown;
    const failure = outcome && errorWithoutSecret(outcome, served?.secret ?? null);
    const state = served?.stream.decoder.state;
    const gone = failure?.code === 'client_closed_request';
    const labels = {
      id: call.generationId,
      model: state?.upstreamModel ?? served?.meta.model ?? call.control.model,
      created: answer.created,
      requestId: call.requestId,
      includeUsage: call.request.includeUsage,
    };
    if (gone) await keepCancelled(call, () => this.#format.failure(labels, failure));
    const ended = gone || (cut && outcome === thrown);
    if (failure && !ended) answer.writeOff();
    const { parts, usage, usageObject, skippedEvents } = answer.account(failure !== null);
    const settlement = settle(call, trail, {
      status: ended ? 'client_closed_request' : failure ? 'failed' : 'completed',
      error: failure,
      parts,
      usage,
      finishReason: state?.finishReason ?? null,
      rawFinishReason: state?.rawFinishReason ?? null,
      upstreamId: state?.upstreamId ?? null,
      upstreamModel: state?.upstreamModel ?? null,
      dropped: droppedParams(call, served),
      firstTokenAt: answer.firstTokenAt,
      skippedEvents,
    });
    if (!failure && usage) learnFromAnswer(call, answer.served.candidate, usage);
    try {
      if (gone) return await this.#out.abort();
      await settlement.told;
      const words = failure
        ? this.#format.failure(labels, failure)
        : this.#format.end(labels, usageObject, settlement);
      for (const text of lastWords(call, words)) await this.#write(await text);
      await this.#out.close();
    } catch {
      // The client left at the last moment, or must not take this for an answer; what it was given is settled.
      await this.#out.abort();
    }
  }
}

/** What a provider must not do even when it does it without a pause. */
function tooLong(how: string): GatewayError {
  return new GatewayError('upstream_invalid_response', { message: `The answer of the provider ${how}.` });
}
