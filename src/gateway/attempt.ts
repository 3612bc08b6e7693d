import { type ErrorCode, GatewayError, toGatewayError } from '../errors.ts';
import { readText, TooLargeError } from '../lib/read-text.ts';
import { SseFramer } from '../lib/sse.ts';
import { coolDown, isCredentialFault, warmUp } from '../providers/cool-down.ts';
import { secretOf } from '../providers/credentials.ts';
import { refutedParameters } from '../registry/probed.ts';
import type { Policy } from '../routing/policy/types.ts';
import type { RoutingReason } from '../routing/reasons.ts';
import type { AnswerMeta, DecodedAnswer } from '../wires/types.ts';
import { keepReservation, RENEW_EVERY_MS } from './admit.ts';
import { readableRequest } from './documents/readable.ts';
import { type OpenStream, openStream } from './open-stream.ts';
import { errorWithoutSecret, withoutSecret } from './redact.ts';
import type { Call, Candidate, Trail } from './types.ts';
import { Cutoff, send } from './upstream.ts';

/** Larger answers are refused, and of errors no more is read: an isolate has 128 MB for all its requests. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const MAX_ERROR_BYTES = 256 * 1024;

/** More upstream calls than this are never made for one request. */
const MAX_ATTEMPTS = 6;

/** An answer has begun: the candidate that gives it and what could not be passed on to it. */
export type Served = { candidate: Candidate; dropped: readonly string[]; meta: AnswerMeta } & (
  | { kind: 'whole'; answer: DecodedAnswer }
  | { kind: 'stream'; stream: OpenStream; secret: string | null }
);

/**
 * Tries the candidates in order until one answers: a whole answer, or a stream whose first event is
 * there. Nothing has gone to the client yet. The only retry loop of the gateway. A failure of a credential
 * leads to the next one of the same endpoint, any other to the next endpoint.
 * @throws GatewayError of the last attempt, or of the first that no other endpoint can mend.
 */
export async function attempt(
  call: Call,
  candidates: readonly Candidate[],
  policy: Policy,
  trail: Trail,
): Promise<Served> {
  let failure: GatewayError | null = null;
  for (const [index, candidate] of candidates.entries()) {
    if (trail.attempts.length >= MAX_ATTEMPTS) break;
    const { credential, endpoint } = candidate;
    if (trail.fallbackFrom.at(-1) === endpoint.id) continue;
    for (let again = 0; ; again++) {
      try {
        const served = await attemptOne(call, candidate, policy, trail);
        warmUp(credential.id);
        return served;
      } catch (thrown) {
        const error = toGatewayError(thrown);
        if (trail.brake.reason || !goesElsewhere(error)) throw trail.brake.reason ?? error;
        failure = error;
        if (credential.kind !== 'none') coolDown(credential.id, error, Date.now());
        // A single 500 is often a hiccup of one machine: the same endpoint gets one more try.
        if (error.upstream?.status !== 500 || again > 0 || trail.attempts.length >= MAX_ATTEMPTS) break;
      }
    }
    if (isCredentialFault(failure) && candidates[index + 1]?.endpoint.id === endpoint.id) continue;
    trail.fallbackFrom.push(endpoint.id);
    trail.routingReason = reasonOf(failure.code);
  }
  throw failure ?? new GatewayError('internal_error');
}

async function attemptOne(call: Call, candidate: Candidate, policy: Policy, trail: Trail): Promise<Served> {
  const { config } = call;
  const readable = readableRequest(candidate, call.request);
  const { request, conversions } = readable ? await readable : { request: call.request, conversions: [] };
  trail.conversions = conversions;
  const encoded = candidate.codec.encode(request, candidate.target);
  if (policy.require_parameters) {
    // What probes have seen counts beside what the wire cannot say.
    const missing = [...encoded.dropped, ...refutedParameters(candidate.endpoint, request.body())];
    if (missing[0] !== undefined) {
      throw new GatewayError('unsupported_parameter', {
        param: missing[0],
        message: `${candidate.endpoint.id} does not support ${missing.join(', ')}.`,
      });
    }
  }
  const secret = secretOf(candidate.credential, candidate.provider, call.env);
  const meta: AnswerMeta = {
    id: call.generationId,
    created: Math.floor(call.startedAt / 1000),
    model: candidate.target.upstreamModel,
    request,
  };
  const served = { candidate, dropped: encoded.dropped, meta };

  const startedAt = Date.now();
  const record: Trail['attempts'][number] = {
    endpoint: candidate.endpoint.id,
    provider: candidate.provider.id,
    upstream_model: candidate.endpoint.upstreamModel,
    status: null,
    error: null,
    upstream_error: null,
    duration_ms: 0,
  };
  trail.attempts.push(record);
  trail.candidate = candidate;

  const cutoff = new Cutoff();
  const limit = request.stream ? config.limits.firstTokenMs : config.limits.answerMs;
  const watch = watchAttempt(call, limit, cutoff);
  trail.brake.onPull((reason) => cutoff.cut(reason));
  let known: string | null = null;
  try {
    if (trail.brake.reason) throw trail.brake.reason;
    known = secret instanceof Promise ? await secret : secret;
    const response = await send(candidate.provider, known, call.env, encoded, cutoff, call.traceparent);
    record.status = response.status;
    if (!response.ok) throw await readFailure(candidate, response, cutoff, known);
    if (request.stream) {
      const stream = await openStream(
        response,
        candidate.codec.framer?.() ?? new SseFramer(),
        candidate.codec.stream(candidate.target, meta),
        cutoff,
      );
      return { ...served, kind: 'stream', stream, secret: known };
    }
    const body = await readText(response, MAX_ANSWER_BYTES).catch((cause: unknown) => {
      throw cause instanceof TooLargeError ? tooLarge(cause) : cutoff.explain(cause);
    });
    const safe = withoutSecret(body, known);
    return { ...served, kind: 'whole', answer: candidate.codec.decode(safe, candidate.target, meta) };
  } catch (thrown) {
    const error = errorWithoutSecret(toGatewayError(thrown), known);
    record.error = error.code;
    record.upstream_error = error.upstream;
    cutoff.cut(error);
    throw error;
  } finally {
    watch.stop();
    trail.brake.onPull(null);
    record.duration_ms = Date.now() - startedAt;
  }
}

/** Ends an attempt that takes too long, and until then keeps what the request has reserved. */
function watchAttempt(call: Call, limitMs: number, cutoff: Cutoff): { stop(): void } {
  const deadline = Date.now() + limitMs;
  let timer: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    const left = deadline - Date.now();
    timer = setTimeout(
      () => {
        if (left <= RENEW_EVERY_MS) return cutoff.cut(new GatewayError('upstream_timeout'));
        keepReservation(call);
        wait();
      },
      Math.min(left, RENEW_EVERY_MS),
    );
  };
  wait();
  return { stop: () => clearTimeout(timer) };
}

/** The provider's own failure, from an answer that is not 2xx. */
async function readFailure(
  { wire }: Candidate,
  response: Response,
  cutoff: Cutoff,
  secret: string | null,
): Promise<GatewayError> {
  if (response.status < 400) {
    return new GatewayError('upstream_invalid_response', {
      message: 'The provider answered with a redirect, which is not followed.',
      upstream: { status: response.status },
    });
  }
  try {
    const text = await readText(response, MAX_ERROR_BYTES, { cut: true });
    return wire.readError(response.status, response.headers, withoutSecret(text, secret));
  } catch (cause) {
    return cutoff.explain(cause);
  }
}

function tooLarge(cause: unknown): GatewayError {
  const message = 'The answer of the provider is larger than 32 MB.';
  return new GatewayError('upstream_invalid_response', { message, cause });
}

/** Whether another endpoint may do better. What is wrong with the request itself is wrong everywhere. */
function goesElsewhere(error: GatewayError): boolean {
  return (
    (error.type === 'upstream_error' && error.retryable) ||
    error.code === 'upstream_rate_limited' ||
    error.code === 'unsupported_parameter'
  );
}

function reasonOf(code: ErrorCode): RoutingReason {
  switch (code) {
    case 'upstream_rate_limited':
    case 'upstream_overloaded':
      return 'fallback_rate_limited';
    case 'upstream_timeout':
      return 'fallback_timeout';
    case 'upstream_credentials_rejected':
      return 'fallback_credentials';
    case 'unsupported_parameter':
      return 'fallback_parameters';
    default:
      return 'fallback_error';
  }
}
