import { GatewayError, toGatewayError } from '../../errors.ts';
import { secretOf } from '../../providers/credentials.ts';
import { refutedParameters } from '../../registry/probed.ts';
import type { Policy } from '../../routing/policy/types.ts';
import type { Attempt } from '../../telemetry/receipt.ts';
import { isReasoning } from '../../wires/sealed.ts';
import type { EncodedForm, EncodedRequest, WireRequest } from '../../wires/types.ts';
import { inClientsWords, paramOf } from '../formats/client-words.ts';
import { errorWithoutSecret } from '../redact.ts';
import type { Cutoff } from '../relay/cutoff.ts';
import { providerCost } from '../settling/provider-cost.ts';
import type { Call, Candidate, Trail } from '../types.ts';
import { send } from '../upstream.ts';
import { readFailure } from './failure.ts';
import { type Prepared, prepare } from './prepare.ts';
import type { Renewal } from './renewal.ts';
import type { Served } from './served.ts';

/**
 * One upstream call, or those that one request is divided into: until a whole answer, or the first event of a
 * stream. It stands on the trail as an attempt.
 * @param limitMs until then.
 * @throws GatewayError of the provider, of the request, or the cutoff's reason.
 */
export async function sendOnce(
  call: Call,
  candidate: Candidate,
  asked: WireRequest,
  policy: Policy,
  limitMs: number,
  trail: Trail,
  cutoff: Cutoff,
  renewal: Renewal,
): Promise<Served> {
  const preparing = prepare(call, candidate, asked);
  const prepared = preparing instanceof Promise ? await preparing : preparing;
  const { request, conversions, adjusted } = prepared;
  if (policy.require_parameters) checkParameters(candidate, prepared);
  const dropped = [...new Set([...prepared.dropped, ...(asked.withheld ?? [])])];
  trail.candidate = candidate;
  const secret = secretOf(candidate.credential, candidate.provider, call.env);
  const calledAt = Date.now();
  const record = recordOf(candidate);
  const served = { candidate, request, dropped, conversions, adjusted, calledAt, record };
  trail.attempts.push(record);
  const stopWatching = watch(limitMs, cutoff, renewal);
  // The receipt may be written before a call that was cancelled notices.
  cutoff.onCancel = () => {
    record.outcome = 'cancelled';
    record.duration_ms = Date.now() - calledAt;
  };
  let known: string | null = null;
  try {
    if (cutoff.reason) throw cutoff.reason;
    known = secret instanceof Promise ? await secret : secret;
    const ask = async (encoded: EncodedRequest | EncodedForm): Promise<Response> => {
      const response = await send(candidate.provider, known, call.env, encoded, cutoff, call.traceparent);
      // Of several the one that failed tells.
      if (record.status === null || !response.ok) record.status = response.status;
      if (!response.ok) throw await readFailure(candidate, response, cutoff, known);
      return response;
    };
    const begun = await prepared.run({ ask, cutoff, secret: known });
    if (begun.kind !== 'whole') record.first_token_ms = Date.now() - calledAt;
    record.outcome = 'served';
    return { ...served, ...begun };
  } catch (thrown) {
    const said = errorWithoutSecret(toGatewayError(thrown), known);
    const error = prepared.native ? said : inClientsWords(said, request);
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
function watch(limitMs: number, cutoff: Cutoff, renewal: Renewal): () => void {
  const deadline = Date.now() + limitMs;
  let timer: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    timer = setTimeout(
      () => {
        renewal.tick();
        if (Date.now() < deadline) wait();
        else cutoff.cut(new GatewayError('upstream_timeout'));
      },
      Math.min(deadline - Date.now(), renewal.dueMs),
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
function checkParameters({ endpoint }: Candidate, { request, dropped, native }: Prepared): void {
  // Earlier reasoning is nothing that is asked for, and for whom it was not made it is nothing at all.
  const parameters = dropped.filter((name) => !isReasoning(name));
  const own = native ? parameters : parameters.map((name) => paramOf(request, name));
  const missing = [
    ...own,
    ...refutedParameters(endpoint, request.body()).map((name) => paramOf(request, name)),
  ];
  if (missing[0] === undefined) return;
  throw new GatewayError('unsupported_parameter', {
    param: missing[0],
    message: `${endpoint.id} does not support ${missing.join(', ')}.`,
  });
}
