import type { GatewayError } from '../../errors.ts';
import type { ChatRequest, SentSoFar } from '../../wires/types.ts';
import { ownRequest, Unsealing } from '../attempt/own-request.ts';
import type { Ask, Served, ServedStream } from '../attempt/served.ts';
import { nativeWay } from '../formats/native.ts';
import type { Relayed } from '../relay/relay.ts';
import { translated } from '../requests/change-request.ts';
import type { Candidate } from '../types.ts';
import type { Answer } from './answer.ts';
import { Joint } from './joint.ts';
import { continuationRequest, mayRefusePrefill, prefillHow } from './request.ts';
import { restartEvent } from './restart.ts';
import { continuable } from './safety.ts';
import type { ContinueHow } from './sent.ts';

/** A stream that takes over. */
export interface Rescued {
  served: ServedStream;
  joint: Joint | null;
  /** SSE text that goes before it. */
  announcement: string;
}

/** Whether somebody could go on with the running stream, should it break now. */
export function isRescuable({ call, policy, pursuit, trail }: Relayed, answer: Answer): boolean {
  if (trail.brake.reason || (policy.midstream ?? ['continue'])[0] !== 'continue') return false;
  const another = pursuit.someoneElse(answer.served.candidate, 'error');
  return another !== null && 'how' in continuable(call.request, answer.sent);
}

/**
 * Finds who goes on with a stream that broke, in the way that the policy prefers among those that are safe.
 * Null: nobody, and the client is told of the failure.
 */
export async function rescue(
  relayed: Relayed,
  answer: Answer,
  failure: GatewayError,
): Promise<Rescued | null> {
  const { call, policy, pursuit, trail } = relayed;
  const { candidate, meta } = answer.served;
  if (trail.brake.reason) return null;
  const { sent, created } = answer;
  const safety = continuable(call.request, sent);
  const find = async (ask: Ask, afresh: boolean): Promise<ServedStream | null> => {
    try {
      const served: Served = await pursuit.find(ask, { candidate, error: failure, afresh });
      return served.kind === 'stream' ? served : null;
    } catch {
      // What the client is told is why the stream broke.
      return null;
    }
  };
  if ('how' in safety && safety.how === 'afresh') {
    const { request } = call;
    // Other formats open an answer with what only their own writer can go on from.
    const again = request.native?.format === 'completions' ? request : translated(request);
    const served = await find(ownRequest(again), true);
    if (!served) return null;
    answer.annul();
    const joint = served.native ? null : new Joint({ sent: '', how: 'instruct', id: meta.id, created });
    return { served, joint, announcement: '' };
  }
  for (const mode of policy.midstream ?? ['continue']) {
    if (mode === 'error') return null;
    if (mode === 'restart') {
      // Only our own format has a word for it.
      if (call.surface) return null;
      const served = await find(ownRequest(call.request), false);
      if (!served) return null;
      answer.annul();
      trail.routingReason = 'restarted';
      const model = served.candidate.model.id;
      const announcement = restartEvent({ reason: failure.code, id: meta.id, model });
      return { served, joint: null, announcement };
    }
    if ('unsafe' in safety) {
      trail.notContinued = safety.unsafe;
      continue;
    }
    const ask = new Continuation(call.request, {
      text: sent.content,
      outputTokens: sent.outputTokens,
      created,
    });
    const served = await find(ask, false);
    if (!served) return null;
    trail.routingReason = 'continued';
    // It is asked for what stands right behind the text, and says nothing twice.
    if (served.native) return { served, joint: null, announcement: '' };
    const how = ask.howOf(served.candidate);
    return { served, joint: new Joint({ sent: sent.content, how, id: meta.id, created }), announcement: '' };
  }
  return null;
}

/**
 * Asks candidates to go on from a text: in the client's own words where its format can say that, by prefill where that
 * works, else by an instruction.
 */
class Continuation implements Ask {
  readonly ours = true;
  readonly #request: ChatRequest;
  readonly #unsealed: Unsealing;
  readonly #sent: SentSoFar;
  /** Endpoints that refused a prefill. */
  readonly #refused = new Set<string>();

  constructor(request: ChatRequest, sent: SentSoFar) {
    this.#request = request;
    this.#unsealed = new Unsealing(request);
    this.#sent = sent;
  }

  howOf({ endpoint }: Candidate): ContinueHow {
    return this.#refused.has(endpoint.id) ? 'instruct' : prefillHow(endpoint, this.#request);
  }

  requestFor(candidate: Candidate): ChatRequest {
    const way = nativeWay(candidate, this.#request);
    const native = way?.codec.goingOn?.(way.request, this.#sent);
    if (native) return { ...this.#request, native };
    return continuationRequest(this.#unsealed.requestFor(candidate), this.#sent, this.howOf(candidate));
  }

  refused(candidate: Candidate, error: GatewayError): boolean {
    if (this.#unsealed.refused(candidate, error)) return true;
    if (this.howOf(candidate) !== 'prefill' || !mayRefusePrefill(error)) return false;
    this.#refused.add(candidate.endpoint.id);
    return true;
  }
}
