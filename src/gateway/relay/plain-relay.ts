import { nanoToUsd } from '../../billing/money.ts';
import { GatewayError, toGatewayError } from '../../errors.ts';
import type { Policy } from '../../routing/policy/types.ts';
import type { Granted } from '../admit.ts';
import type { ServedPlain } from '../attempt/served.ts';
import { answerHeaders, droppedParams } from '../headers.ts';
import { observePlainStream } from '../learning/observe.ts';
import { errorWithoutSecret } from '../redact.ts';
import { usageOfUnfinished } from '../settling/estimate.ts';
import { outcomeOf } from '../settling/keeper.ts';
import { providerCost } from '../settling/provider-cost.ts';
import { type Settlement, settle } from '../settling/settle.ts';
import type { Call, Trail } from '../types.ts';
import { ClientWriter } from './client-writer.ts';
import { drain } from './open-stream.ts';
import { StreamWatch } from './stream-watch.ts';

/** An answer that is larger is cut. */
const MAX_STREAM_BYTES = 256 * 1024 * 1024;

/** What a relay works with. */
export interface PlainRelayed {
  call: Call;
  trail: Trail;
  policy: Policy;
}

/** Starts the relay of a streamed answer that is not chat, and answers it, as `relay` does. */
export function relayPlain(relayed: PlainRelayed, served: ServedPlain, granted: Granted): Response {
  const { call, trail } = relayed;
  const { readable, writable } = new IdentityTransformStream();
  call.waitUntil(new PlainRelay(relayed, served, writable).run());
  const { contentType } = served.open.stream;
  const dropped = droppedParams(call, served);
  return new Response(readable, {
    headers: {
      ...answerHeaders(call, trail, { candidate: served.candidate, dropped }, granted, contentType),
      'cache-control': 'no-cache',
    },
  });
}

/**
 * The stream loop of answers that nobody else could continue: pictures, sound and what is heard in it. What it shares
 * with that of chat is the way to the client and the watch over both sides.
 */
class PlainRelay {
  readonly #call: Call;
  readonly #trail: Trail;
  readonly #served: ServedPlain;
  readonly #out: ClientWriter;
  readonly #watch: StreamWatch;
  #firstAt: number | null = null;

  constructor(
    { call, trail, policy }: PlainRelayed,
    served: ServedPlain,
    writable: WritableStream<Uint8Array>,
  ) {
    this.#call = call;
    this.#trail = trail;
    this.#served = served;
    const { cutoff, stream } = served.open;
    this.#out = new ClientWriter(writable, () => trail.brake.pull(new GatewayError('client_closed_request')));
    this.#watch = new StreamWatch(call, trail, policy, this.#out, {
      cutoff: () => cutoff,
      idleMs: (wished) => wished.idle_ms ?? call.config.limits.idleMs,
      comment: () => stream.ping ?? '',
    });
  }

  async run(): Promise<void> {
    let failure: GatewayError | null;
    try {
      failure = await this.#watch.during(() => this.#pump());
    } catch (thrown) {
      failure = toGatewayError(thrown);
    }
    this.#note(failure);
    await this.#end(failure);
    await drain(this.#served.open);
  }

  /** Passes bytes on until the answer is whole, breaks, or the client goes. */
  async #pump(): Promise<GatewayError | null> {
    const { reader, stream, cutoff, first } = this.#served.open;
    const { state } = stream;
    let received = 0;
    this.#watch.listen();
    try {
      this.#firstAt = Date.now();
      await this.#out.write(first, this.#firstAt);
      while (!state.finished) {
        const { value, done } = await reader.read();
        this.#watch.lastActivityAt = Date.now();
        received += value?.byteLength ?? 0;
        if (received > MAX_STREAM_BYTES) return tooLarge();
        const behind = this.#out.write(done ? stream.end() : stream.push(value), this.#watch.lastActivityAt);
        if (behind) await this.#watch.holdBack(behind);
        if (state.error) return state.error;
        if (done && !state.finished) return new GatewayError('upstream_incomplete');
      }
    } catch (cause) {
      return cutoff.explainRead(cause);
    } finally {
      this.#watch.listening = false;
    }
    return null;
  }

  /** Tells health and the trail how it ended. What the request itself ended speaks against nobody. */
  #note(failure: GatewayError | null): void {
    const { record, calledAt, secret, open } = this.#served;
    record.duration_ms = Date.now() - calledAt;
    const isOwn = this.#watch.cutByCaller || this.#trail.brake.reason !== null;
    observePlainStream(this.#call, this.#served, isOwn ? null : failure);
    if (!failure) return;
    const error = errorWithoutSecret(failure, secret);
    record.outcome = error.code === 'client_closed_request' ? 'cancelled' : 'cut';
    record.error = error.code;
    record.upstream_error = error.upstream;
    if (!isOwn) record.provider_cost = providerCost(this.#served.candidate, this.#served.request);
    open.cutoff.cut(error);
    this.#trail.brake.detach(open.cutoff);
  }

  /** Settles, then says the last word to a client that is still there. */
  async #end(thrown: GatewayError | null): Promise<void> {
    const call = this.#call;
    const { candidate, open, secret } = this.#served;
    const { state } = open.stream;
    const cause = thrown && (this.#trail.brake.reason ?? thrown);
    const cut = cause !== null && this.#watch.cutByCaller;
    const outcome = call.keeper ? await outcomeOf(call, cause, cut) : cause;
    const failure = outcome && errorWithoutSecret(outcome, secret);
    const gone = failure?.code === 'client_closed_request';
    const ended = gone || (cut && outcome === cause);
    const usage = failure ? (ended ? usageOfUnfinished(call.request, state.usage) : null) : state.usage;
    const settlement = settle(call, this.#trail, {
      status: ended ? 'client_closed_request' : failure ? 'failed' : 'completed',
      error: failure,
      parts: [{ candidate, usage }],
      usage,
      finishReason: null,
      rawFinishReason: null,
      upstreamId: state.upstreamId,
      upstreamModel: state.upstreamModel,
      dropped: droppedParams(call, this.#served),
      firstTokenAt: this.#firstAt,
      skippedEvents: 0,
    });
    try {
      if (gone) return await this.#out.abort();
      await settlement.told;
      const last = failure
        ? open.stream.failure({ ...failure.envelope(call.requestId).error })
        : open.stream.last(this.#account(settlement));
      if (last === null) return await this.#out.abort();
      await this.#out.write(last, Date.now());
      await this.#out.close();
    } catch {
      // The client left at the last moment, or must not take this for an answer; what it was given is settled.
      await this.#out.abort();
    }
  }

  /** What the last event of an answer says beside the provider's own members. */
  #account({ charged, receipt }: Settlement): Record<string, string | number | string[] | null> {
    const { candidate } = this.#served;
    return {
      generation_id: this.#call.generationId,
      credits_used: charged === null ? null : nanoToUsd(charged),
      ...(receipt.credits_unknown === null ? {} : { credits_unknown: receipt.credits_unknown }),
      model_used: candidate.model.id,
      provider_used: candidate.provider.id,
      fallback_from: [...this.#trail.fallbackFrom],
    };
  }
}

function tooLarge(): GatewayError {
  const message = 'The answer of the provider is larger than 256 MB.';
  return new GatewayError('upstream_invalid_response', { message });
}
