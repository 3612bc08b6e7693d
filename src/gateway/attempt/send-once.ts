import { GatewayError, toGatewayError } from '../../errors.ts';
import { readText, TooLargeError } from '../../lib/read-text.ts';
import { SseFramer } from '../../lib/sse.ts';
import { secretOf } from '../../providers/credentials.ts';
import { refutedParameters } from '../../registry/probed.ts';
import type { Policy } from '../../routing/policy/types.ts';
import type { Attempt } from '../../telemetry/receipt.ts';
import type { AnswerMeta, ChatRequest, EncodedRequest } from '../../wires/types.ts';
import { outputLimitName, withOutputLimit } from '../change-request.ts';
import type { Cutoff } from '../cutoff.ts';
import { readableRequest } from '../documents/readable.ts';
import { openStream } from '../open-stream.ts';
import { providerCost } from '../provider-cost.ts';
import { errorWithoutSecret, withoutSecret } from '../redact.ts';
import type { Call, Candidate, Trail } from '../types.ts';
import { send } from '../upstream.ts';
import { readFailure } from './failure.ts';
import type { Keeper } from './keeper.ts';
import type { Served } from './served.ts';

/** Larger answers are refused: an isolate has 128 MB for all its requests. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * One upstream call: until a whole answer, or the first event of a stream. It stands on the trail as an attempt.
 * @param limitMs until then.
 * @throws GatewayError of the provider, of the request, or the cutoff's reason.
 */
export async function sendOnce(
  call: Call,
  candidate: Candidate,
  asked: ChatRequest,
  policy: Policy,
  limitMs: number,
  trail: Trail,
  cutoff: Cutoff,
  keeper: Keeper,
): Promise<Served> {
  const limited = withOutputLimit(asked, candidate.maxOutputTokens);
  const readable = readableRequest(candidate, limited);
  const { request, conversions } = readable ? await readable : { request: limited, conversions: [] };
  const encoded = candidate.codec.encode(request, candidate.target);
  if (policy.require_parameters) checkParameters(candidate, request, encoded);
  trail.candidate = candidate;
  const secret = secretOf(candidate.credential, candidate.provider, call.env);
  const meta: AnswerMeta = {
    id: call.generationId,
    created: Math.floor(call.startedAt / 1000),
    model: candidate.target.upstreamModel,
    request,
  };
  const calledAt = Date.now();
  const record = recordOf(candidate);
  const adjusted = limited === asked ? [] : [`${outputLimitName(asked)}=${candidate.maxOutputTokens}`];
  const served = {
    candidate,
    request,
    dropped: encoded.dropped,
    conversions,
    adjusted,
    meta,
    calledAt,
    record,
  };
  trail.attempts.push(record);
  const stopWatching = watch(limitMs, cutoff, keeper);
  // The receipt may be written before a call that was cancelled notices.
  cutoff.onCancel = () => {
    record.outcome = 'cancelled';
    record.duration_ms = Date.now() - calledAt;
  };
  let known: string | null = null;
  try {
    if (cutoff.reason) throw cutoff.reason;
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
      record.first_token_ms = Date.now() - calledAt;
      record.outcome = 'served';
      return { ...served, kind: 'stream', stream, secret: known };
    }
    const body = await readText(response, MAX_ANSWER_BYTES).catch((cause: unknown) => {
      throw cause instanceof TooLargeError ? tooLarge(cause) : cutoff.explain(cause);
    });
    const answer = candidate.codec.decode(withoutSecret(body, known), candidate.target, meta);
    record.outcome = 'served';
    return { ...served, kind: 'whole', answer };
  } catch (thrown) {
    const error = errorWithoutSecret(toGatewayError(thrown), known);
    record.outcome = cutoff.cancelled || error.code === 'client_closed_request' ? 'cancelled' : 'failed';
    record.error = cutoff.cancelled ? null : error.code;
    record.upstream_error = error.upstream;
    // An error is not charged; who was silent, or no longer wanted, may have read the prompt and begun.
    const isFree = (record.status ?? 0) >= 400 || error.code === 'upstream_unreachable';
    record.provider_cost = isFree ? 0 : providerCost(candidate, request);
    cutoff.cut(error);
    throw error;
  } finally {
    stopWatching();
    record.duration_ms = Date.now() - calledAt;
  }
}

/** Ends a call that takes too long, and until then keeps what the request has reserved: one timer for both. */
function watch(limitMs: number, cutoff: Cutoff, keeper: Keeper): () => void {
  const deadline = Date.now() + limitMs;
  let timer: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    timer = setTimeout(
      () => {
        keeper.tick();
        if (Date.now() < deadline) wait();
        else cutoff.cut(new GatewayError('upstream_timeout'));
      },
      Math.min(deadline - Date.now(), keeper.dueMs),
    );
  };
  wait();
  return () => clearTimeout(timer);
}

function recordOf({ endpoint, provider }: Candidate): Attempt {
  return {
    endpoint: endpoint.id,
    provider: provider.id,
    upstream_model: endpoint.upstreamModel,
    // Until it has ended otherwise: a receipt may be written while it is under way.
    outcome: 'cancelled',
    status: null,
    error: null,
    upstream_error: null,
    first_token_ms: null,
    duration_ms: 0,
    provider_cost: null,
  };
}

/** What probes have seen counts beside what the wire cannot say. @throws GatewayError `unsupported_parameter`. */
function checkParameters({ endpoint }: Candidate, request: ChatRequest, encoded: EncodedRequest): void {
  const missing = [...encoded.dropped, ...refutedParameters(endpoint, request.body())];
  if (missing[0] === undefined) return;
  throw new GatewayError('unsupported_parameter', {
    param: missing[0],
    message: `${endpoint.id} does not support ${missing.join(', ')}.`,
  });
}

function tooLarge(cause: unknown): GatewayError {
  const message = 'The answer of the provider is larger than 32 MB.';
  return new GatewayError('upstream_invalid_response', { message, cause });
}
