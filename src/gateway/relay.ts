import { GatewayError, toGatewayError } from '../errors.ts';
import type { Policy } from '../routing/policy/types.ts';
import { type Granted, keepReservation, RENEW_EVERY_MS } from './admit.ts';
import type { Pursuit } from './attempt/pursuit.ts';
import type { ServedStream } from './attempt/served.ts';
import { idleLimit, overTime } from './attempt/time-limits.ts';
import { type ClientFormat, clientFormat } from './client-format.ts';
import { answerHeaders, droppedParams } from './headers.ts';
import { failureOf } from './keeper.ts';
import { learnFromAnswer } from './learn.ts';
import { Answer } from './midstream/answer.ts';
import { isRescuable, rescue } from './midstream/rescue.ts';
import { observeStream } from './observe.ts';
import { decodeEvents, drain } from './open-stream.ts';
import type { Waking } from './pipeline.ts';
import { errorWithoutSecret } from './redact.ts';
import { settle } from './settle.ts';
import { announceStream } from './structured/stream.ts';
import type { ChatCall, Trail } from './types.ts';

/** With nothing to say for this long, a comment keeps the connection alive and shows whether the client is there. */
const PING_AFTER_MS = 2_000;

/**
 * Writes are not awaited one by one, since each awaited promise wakes JavaScript once more; after this
 * many bytes one is, which is the back-pressure of a client that reads slowly.
 */
const UNAWAITED_BYTES = 64 * 1024;

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
  call.waitUntil(new Relay(relayed, writable.getWriter()).run(begun));
  const dropped = droppedParams(call, begun.kind === 'stream' ? begun.dropped : []);
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
  readonly #encoder = new TextEncoder();
  readonly #call: ChatCall;
  readonly #relayed: Relayed;
  readonly #answer: Answer;
  readonly #format: ClientFormat;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #lastActivityAt = Date.now();
  #lastWriteAt = Date.now();
  #renewedAt = Date.now();
  #unawaited = 0;
  /** Bytes from the upstream of the stream that runs. */
  #received = 0;
  /** The client takes no more for now: whatever is late, it is not the upstream. */
  #heldBack = false;
  /** What ended the running stream is the caller's own time limit, or that it does not read. */
  #cutByCaller = false;
  /** There is an upstream that should be saying something. */
  #listening = false;
  /** What a comment says while nothing else is said. */
  #comment: () => string;

  constructor(relayed: Relayed, writer: WritableStreamDefaultWriter<Uint8Array>) {
    this.#call = relayed.call;
    this.#relayed = relayed;
    this.#answer = new Answer(relayed.call);
    this.#format = clientFormat(relayed.call);
    this.#comment = () => this.#format.ping();
    this.#writer = writer;
  }

  async run(begun: ServedStream | Waking): Promise<void> {
    const { brake } = this.#relayed.trail;
    // The writer learns that the client has gone even while nothing is written.
    this.#writer.closed.catch(() => brake.pull(new GatewayError('client_closed_request')));
    const idleMs = this.#relayed.policy.idle_ms ?? this.#call.config.limits.idleMs;
    const watch = setInterval(() => this.#watch(), Math.min(PING_AFTER_MS, idleMs) / 4);
    let failure: GatewayError | null;
    try {
      failure = begun.kind === 'stream' ? await this.#pass(begun) : await this.#awaken(begun);
    } catch (thrown) {
      // Whatever it is: it is settled, and the client is told.
      failure = toGatewayError(thrown);
    } finally {
      clearInterval(watch);
    }
    await this.#end(failure);
    if (this.#answer.hasBegun) await drain(this.#answer.served.stream);
  }

  /** Tells the client that the provider is waking, until it answers. */
  async #awaken({ since, stream }: Waking): Promise<GatewayError | null> {
    this.#comment = () => `: waking ${Math.round((Date.now() - since) / 1000)}s\n\n`;
    this.#say(this.#comment());
    const served = await stream;
    this.#comment = () => this.#format.ping();
    return await this.#pass(served);
  }

  /** Passes an answer on, and what continues it where it breaks. */
  async #pass(first: ServedStream): Promise<GatewayError | null> {
    this.#answer.begin(first, null);
    for (;;) {
      this.#listening = true;
      this.#cutByCaller = false;
      this.#lastActivityAt = Date.now();
      this.#received = 0;
      const failure = await this.#pump();
      this.#listening = false;
      const { served } = this.#answer;
      this.#observe(served, failure);
      if (failure) this.#broke(served, failure);
      const rescued = failure && (await rescue(this.#relayed, this.#answer, failure));
      if (!rescued) {
        await this.#write(this.#format.chunks(this.#answer.rest()));
        return failure && (this.#relayed.trail.brake.reason ?? failure);
      }
      this.#answer.begin(rescued.served, rescued.joint);
      if (rescued.announcement !== '') await this.#write(rescued.announcement);
    }
  }

  /** Passes events on until the upstream is done, fails, or the client goes. */
  async #pump(): Promise<GatewayError | null> {
    const { reader, framer, decoder, cutoff, firstText } = this.#answer.served.stream;
    decoder.maySkip = () => !isRescuable(this.#relayed, this.#answer);
    try {
      await this.#write(this.#format.chunks(this.#answer.joined(firstText)));
      while (!decoder.state.done) {
        const { value, done } = await reader.read();
        this.#lastActivityAt = Date.now();
        this.#received += value?.byteLength ?? 0;
        if (this.#received > MAX_STREAM_BYTES) return tooLong('is larger than 128 MB');
        const { text, error } = decodeEvents(decoder, done ? framer.end() : framer.push(value));
        const behind = text === '' ? undefined : this.#write(this.#format.chunks(this.#answer.joined(text)));
        if (behind) {
          this.#heldBack = true;
          await behind;
          this.#heldBack = false;
          this.#lastActivityAt = Date.now();
        }
        // Nothing is missing behind the last word.
        if (error) return decoder.state.finished ? null : error;
        if (done) break;
      }
    } catch (cause) {
      const error = cutoff.explain(cause);
      return decoder.state.finished && error.code !== 'client_closed_request' ? null : error;
    }
    return decoder.state.finished ? null : (decoder.setAside ?? new GatewayError('upstream_incomplete'));
  }

  /** Answers a promise only when the writer has fallen behind. */
  #write(text: string): Promise<void> | undefined {
    if (text === '') return undefined;
    const bytes = this.#encoder.encode(text);
    this.#lastWriteAt = this.#lastActivityAt;
    const written = this.#writer.write(bytes);
    this.#unawaited += bytes.byteLength;
    if (this.#unawaited > UNAWAITED_BYTES) {
      this.#unawaited = 0;
      return written.catch((cause: unknown) => {
        throw new GatewayError('client_closed_request', { cause });
      });
    }
    written.catch(ignore);
    return undefined;
  }

  /** Writes a comment. */
  #say(comment: string): void {
    this.#lastWriteAt = Date.now();
    this.#writer.write(this.#encoder.encode(comment)).catch(ignore);
  }

  /** Several times per idle limit, not per event: is the upstream silent, is the client still there? */
  #watch(): void {
    const now = Date.now();
    if (now - this.#renewedAt >= RENEW_EVERY_MS) {
      this.#renewedAt = now;
      keepReservation(this.#call);
    }
    const { policy, trail } = this.#relayed;
    const over = trail.brake.reason ? null : overTime(now - this.#call.startedAt, policy);
    if (over) {
      this.#cutByCaller = this.#heldBack || policy.total_ms !== undefined;
      trail.brake.pull(over);
      // A write that nobody reads would be waited for as long as the connection stands.
      if (this.#heldBack) this.#writer.abort().catch(ignore);
    }
    if (this.#heldBack) return;
    if (this.#listening) {
      const { cutoff, decoder } = this.#answer.served.stream;
      const { limits } = this.#call.config;
      const idleMs = idleLimit(decoder.state, policy, limits);
      if (now - this.#lastActivityAt >= idleMs) {
        this.#cutByCaller = idleMs < idleLimit(decoder.state, {}, limits);
        const message = 'The provider stopped in the middle of the answer.';
        cutoff.cut(new GatewayError('upstream_timeout', { message }));
        return;
      }
    }
    if (now - this.#lastWriteAt >= PING_AFTER_MS) this.#say(this.#comment());
  }

  /** Tells health how a stream ended. What the request itself ended speaks against nobody. */
  #observe(served: ServedStream, failure: GatewayError | null): void {
    const { trail } = this.#relayed;
    const { state } = served.stream.decoder;
    served.record.duration_ms = Date.now() - served.calledAt;
    const isOwn = this.#cutByCaller || trail.brake.reason !== null;
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
    const failure = thrown && errorWithoutSecret(await failureOf(call, thrown), served?.secret ?? null);
    const state = served?.stream.decoder.state;
    const gone = failure?.code === 'client_closed_request';
    // Else a short time limit would buy the beginning of any answer for nothing.
    const ended = gone || (failure !== null && this.#cutByCaller && answer.hasBegun);
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
      dropped: droppedParams(call, served?.dropped ?? []),
      firstTokenAt: answer.firstTokenAt,
      skippedEvents,
    });
    if (!failure && usage) learnFromAnswer(call, answer.served.candidate, usage);
    const labels = {
      id: call.generationId,
      model: state?.upstreamModel ?? served?.meta.model ?? call.control.model,
      created: answer.created,
      requestId: call.requestId,
      includeUsage: call.request.includeUsage,
    };
    try {
      if (gone) return void (await this.#writer.abort());
      await settlement.told;
      await this.#write(
        failure ? this.#format.failure(labels, failure) : this.#format.end(labels, usageObject, settlement),
      );
      await this.#writer.close();
    } catch {
      // The client left at the last moment, or must not take this for an answer; what it was given is settled.
      await this.#writer.abort().catch(ignore);
    }
  }
}

/** What a provider must not do even when it does it without a pause. */
function tooLong(how: string): GatewayError {
  return new GatewayError('upstream_invalid_response', { message: `The answer of the provider ${how}.` });
}

/** A write that fails closes the writer, and that is what is listened to. */
function ignore(): void {}
