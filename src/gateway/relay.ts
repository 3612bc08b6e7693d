import { GatewayError } from '../errors.ts';
import { type Granted, keepReservation, RENEW_EVERY_MS } from './admit.ts';
import type { Served } from './attempt.ts';
import { endOfAnswer, endOfFailure } from './chunks.ts';
import { estimateUsage } from './estimate.ts';
import { answerHeaders, droppedParams } from './headers.ts';
import { decodeEvents, type OpenStream } from './open-stream.ts';
import { errorWithoutSecret } from './redact.ts';
import { settle } from './settle.ts';
import type { Call, Trail } from './types.ts';

type ServedStream = Extract<Served, { kind: 'stream' }>;

/** With nothing to say for this long, a comment keeps the connection alive and shows whether the client is there. */
const PING_AFTER_MS = 2_000;
const PING = ': ping\n\n';

/** An answer that has its finish reason is over after so long a silence. */
const AFTER_FINISH_MS = 5_000;

/** After the upstream's last event its connection gets this long to end by itself, so that it can be used again. */
const DRAIN_MS = 1_000;

/**
 * Writes are not awaited one by one, since each awaited promise wakes JavaScript once more; after this
 * many bytes one is, which is the back-pressure of a client that reads slowly.
 */
const UNAWAITED_BYTES = 64 * 1024;

/** A stream that is larger, or lasts longer since the request came, is cut. */
const MAX_STREAM_BYTES = 128 * 1024 * 1024;
const MAX_STREAM_MS = 60 * 60_000;

/** Starts the relay of a stream and answers it. The relay itself lives in `waitUntil`, also when the client goes. */
export function relay(call: Call, trail: Trail, served: ServedStream, granted: Granted): Response {
  const { readable, writable } = new IdentityTransformStream();
  call.waitUntil(new Relay(call, trail, served, writable.getWriter()).run());
  return new Response(readable, {
    headers: {
      ...answerHeaders(call, trail, served, granted, 'text/event-stream; charset=utf-8'),
      'cache-control': 'no-cache',
    },
  });
}

/** The one stream loop: events in, events out, one write per read. */
class Relay {
  readonly #encoder = new TextEncoder();
  readonly #call: Call;
  readonly #trail: Trail;
  readonly #served: ServedStream;
  readonly #stream: OpenStream;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #firstTokenAt = Date.now();
  #lastActivityAt = Date.now();
  #lastWriteAt = Date.now();
  #renewedAt = Date.now();
  #unawaited = 0;
  /** Bytes from the upstream. */
  #received = 0;
  /** The client takes no more for now: whatever is late, it is not the upstream. */
  #heldBack = false;

  constructor(
    call: Call,
    trail: Trail,
    served: ServedStream,
    writer: WritableStreamDefaultWriter<Uint8Array>,
  ) {
    this.#call = call;
    this.#trail = trail;
    this.#served = served;
    this.#stream = served.stream;
    this.#writer = writer;
  }

  async run(): Promise<void> {
    const { cutoff } = this.#stream;
    // The writer learns that the client has gone even while nothing is written.
    this.#writer.closed.catch(() => cutoff.cut(new GatewayError('client_closed_request')));
    const watch = setInterval(
      () => this.#watch(),
      Math.min(PING_AFTER_MS, this.#call.config.limits.idleMs) / 4,
    );
    let failure: GatewayError | null;
    try {
      failure = await this.#pump();
    } finally {
      clearInterval(watch);
    }
    await this.#end(failure);
    await this.#drain();
  }

  /** Passes events on until the upstream is done, fails, or the client goes. */
  async #pump(): Promise<GatewayError | null> {
    const { reader, framer, decoder, cutoff, firstText } = this.#stream;
    try {
      await this.#write(firstText);
      while (!decoder.state.done) {
        const { value, done } = await reader.read();
        this.#lastActivityAt = Date.now();
        this.#received += value?.byteLength ?? 0;
        if (this.#received > MAX_STREAM_BYTES) return tooLong('is larger than 128 MB');
        const { text, error } = decodeEvents(decoder, done ? framer.end() : framer.push(value));
        const behind = text === '' ? undefined : this.#write(text);
        if (behind) {
          this.#heldBack = true;
          await behind;
          this.#heldBack = false;
          this.#lastActivityAt = Date.now();
        }
        if (error) return error;
        if (done) break;
      }
    } catch (cause) {
      // Nothing is missing when the connection breaks behind the last word.
      const error = cutoff.explain(cause);
      return decoder.state.finished && error.code !== 'client_closed_request' ? null : error;
    }
    return decoder.state.finished ? null : new GatewayError('upstream_incomplete');
  }

  /** Answers a promise only when the writer has fallen behind. */
  #write(text: string): Promise<void> | undefined {
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

  /** Several times per idle limit, not per event: is the upstream silent, is the client still there? */
  #watch(): void {
    const now = Date.now();
    if (now - this.#renewedAt >= RENEW_EVERY_MS) {
      this.#renewedAt = now;
      keepReservation(this.#call);
    }
    if (now - this.#call.startedAt > MAX_STREAM_MS) this.#stream.cutoff.cut(tooLong('took over an hour'));
    if (this.#heldBack) return;
    if (now - this.#lastActivityAt >= this.#idleLimit()) {
      this.#stream.cutoff.cut(
        new GatewayError('upstream_timeout', {
          message: 'The provider stopped in the middle of the answer.',
        }),
      );
    } else if (now - this.#lastWriteAt >= PING_AFTER_MS) {
      this.#lastWriteAt = now;
      this.#writer.write(this.#encoder.encode(PING)).catch(ignore);
    }
  }

  /** Behind a finish reason only usage and `[DONE]` can come: an upstream that forgets them is not waited for. */
  #idleLimit(): number {
    const { idleMs } = this.#call.config.limits;
    return this.#stream.decoder.state.finished ? Math.min(idleMs, AFTER_FINISH_MS) : idleMs;
  }

  /** Settles, then says the last word to a client that is still there. */
  async #end(thrown: GatewayError | null): Promise<void> {
    const failure = thrown && errorWithoutSecret(thrown, this.#served.secret);
    const { candidate, meta } = this.#served;
    const { state } = this.#stream.decoder;
    const gone = failure?.code === 'client_closed_request';
    if (failure) this.#stream.cutoff.cut(failure);
    const attempt = this.#trail.attempts.at(-1);
    if (attempt && failure) {
      attempt.error = failure.code;
      attempt.upstream_error = failure.upstream;
    }
    const settlement = settle(this.#call, this.#trail, {
      status: gone ? 'client_closed_request' : failure ? 'failed' : 'completed',
      error: failure,
      candidate,
      usage: failure ? estimateUsage(this.#call.request, state) : state.usage,
      finishReason: state.finishReason,
      rawFinishReason: state.rawFinishReason,
      upstreamId: state.upstreamId,
      upstreamModel: state.upstreamModel,
      dropped: droppedParams(this.#call, this.#served),
      firstTokenAt: this.#firstTokenAt,
    });
    const labels = {
      id: meta.id,
      model: meta.model,
      requestId: this.#call.requestId,
      includeUsage: this.#call.request.includeUsage,
    };
    try {
      if (gone) return void (await this.#writer.abort());
      await this.#write(
        failure ? endOfFailure(labels, state, failure) : endOfAnswer(labels, state, settlement),
      );
      await this.#writer.close();
    } catch {
      // The client left at the last moment; what it was given is settled.
    }
  }

  /** Lets the upstream's connection end by itself; an upstream that goes on is cut. */
  async #drain(): Promise<void> {
    const { reader, cutoff } = this.#stream;
    if (cutoff.reason) return;
    const timer = setTimeout(() => cutoff.cut(new GatewayError('upstream_timeout')), DRAIN_MS);
    try {
      while (!(await reader.read()).done);
    } catch {
      // It ended, if not politely.
    }
    clearTimeout(timer);
  }
}

/** What a provider must not do even when it does it without a pause. */
function tooLong(how: string): GatewayError {
  return new GatewayError('upstream_invalid_response', { message: `The answer of the provider ${how}.` });
}

/** A write that fails closes the writer, and that is what is listened to. */
function ignore(): void {}
