import { type ErrorCode, GatewayError, toGatewayError } from '../errors.ts';
import type { DecodedAnswer, ModelKind, Usage } from '../wires/types.ts';
import { admit, type Granted, grantedInTime } from './admit.ts';
import { ownRequest } from './attempt/own-request.ts';
import { Pursuit } from './attempt/pursuit.ts';
import type { Served, ServedStream, ServedWhole } from './attempt/served.ts';
import { wholeAnswer } from './formats/client-format.ts';
import { answerHeaders, droppedParams } from './headers.ts';
import { learnFromAnswer } from './learning/learn.ts';
import { observePlain, observeWhole } from './learning/observe.ts';
import { plan } from './planning/plan.ts';
import { Brake } from './relay/cutoff.ts';
import { relayPlain } from './relay/plain-relay.ts';
import { relay } from './relay/relay.ts';
import { heedDataPolicy } from './settling/archive.ts';
import { estimateUsage, usageOfUnfinished } from './settling/estimate.ts';
import { outcomeOf, whenAgreed } from './settling/keeper.ts';
import { type Part, settle } from './settling/settle.ts';
import { type Wanted, wantedOf } from './structured/wanted.ts';
import { type Checking, checkWhole, mayAskTwice } from './structured/whole.ts';
import type { Call, Candidate, ChatCall, Plan, Trail } from './types.ts';

const REFUSALS = new Set<ErrorCode>(['rate_limit_exceeded', 'insufficient_credits', 'budget_exceeded']);

/** How far a call has come when its answer has begun. */
interface Progress {
  plan: Plan;
  trail: Trail;
  pursuit: Pursuit;
  granted: Granted;
}

/**
 * One chat completion: plan → admit → attempt → relay → settle.
 * @throws GatewayError when nothing was answered; what was tried is on the receipt already.
 */
export function completeChat(call: ChatCall): Promise<Response> {
  return run(call, (begun, { plan: { policy }, trail, pursuit, granted }) => {
    if (begun.kind === 'plain') throw new GatewayError('internal_error');
    if (begun.kind !== 'whole') return relay({ call, trail, pursuit, policy }, begun, granted);
    const wanted = wantedOf(call.request);
    if (wanted) return answerChecked({ call, trail, pursuit, policy }, begun, wanted, granted);
    return answerWhole(call, trail, begun, granted);
  });
}

/**
 * One request of a kind that is not chat: plan → admit → attempt → settle, and relay where its answer is streamed.
 * @param write the body of a whole answer for the client, and its media type where that is another than the answer's. What it throws fails the request, which then costs nothing.
 * @throws GatewayError as `completeChat`.
 */
export function completePlain(
  call: Call,
  write: (answer: DecodedAnswer) => Promise<string | { body: string; contentType: string }>,
): Promise<Response> {
  return run(call, async (begun, { plan: { policy }, trail, granted }) => {
    if (begun.kind === 'plain') return relayPlain({ call, trail, policy }, begun, granted);
    if (begun.kind !== 'whole') throw new GatewayError('internal_error');
    const { answer } = begun;
    const written = await write(answer);
    const { body, ...type } = typeof written === 'string' ? { body: written } : written;
    const usage = answer.usage ?? estimated(call);
    const headers = await whenAgreed(call, () =>
      settleWhole(call, trail, { ...begun, answer: { ...answer, ...type, usage } }, granted),
    );
    observePlain(call, begun);
    return new Response(body, { headers });
  });
}

/** The kinds whose tokens are those of their input alone, which are known about as well as its text. */
const ESTIMABLE: ReadonlySet<string> = new Set<ModelKind>(['embedding', 'moderation']);

/** Some hosts count no tokens of these. */
function estimated({ request }: Call): Usage | null {
  return ESTIMABLE.has(request.kind) ? estimateUsage(request) : null;
}

async function run(
  call: Call,
  answer: (begun: Served | Waking, progress: Progress) => Response | Promise<Response>,
): Promise<Response> {
  const planned = plan(call);
  heedDataPolicy(call, planned.policy);
  const trail: Trail = {
    attempts: [],
    candidate: null,
    fallbackFrom: [],
    routingReason: planned.reason,
    conversions: [],
    adjusted: [],
    notContinued: null,
    structured: null,
    brake: new Brake(),
  };
  const ticket = admit(call, planned.candidates, mayAskTwice(call.request, planned.policy));
  // A refusal stops an attempt that went ahead of it.
  ticket.granted.catch((refused: unknown) => trail.brake.pull(toGatewayError(refused)));
  const onGone = (): void => trail.brake.pull(new GatewayError('client_closed_request'));
  call.signal.addEventListener('abort', onGone);
  try {
    if (call.signal.aborted) onGone();
    let granted = ticket.optimistic ? null : await grantedInTime(ticket);
    if (trail.brake.reason) throw trail.brake.reason;
    const pursuit = new Pursuit(call, planned, trail);
    const begun = await begin(pursuit, call);
    try {
      granted ??= await grantedInTime(ticket);
    } catch (refused) {
      trail.brake.pull(toGatewayError(refused));
      throw refused;
    }
    const response = answer(begun, { plan: planned, trail, pursuit, granted });
    return response instanceof Promise ? await response : response;
  } catch (thrown) {
    const error = await outcomeOf(call, toGatewayError(thrown));
    // Who was refused before anything was tried has reserved nothing, and leaves no receipt.
    if (!REFUSALS.has(error.code) || trail.attempts.length > 0) settleFailure(call, trail, error);
    throw error;
  } finally {
    call.signal.removeEventListener('abort', onGone);
  }
}

/** A stream whose provider is still waking: the client is told so meanwhile. */
export interface Waking {
  kind: 'waking';
  candidate: Candidate;
  /** Unix milliseconds. */
  since: number;
  stream: Promise<ServedStream>;
}

/** The answer's begin, or the news that a stream's provider has yet to wake. */
function begin(pursuit: Pursuit, call: Call): Promise<Served | Waking> {
  const found = pursuit.find(ownRequest(call.request));
  // Only a chat has words for it while it waits.
  if (!call.request.stream || call.request.kind !== 'chat') return found;
  return new Promise((resolve, reject) => {
    pursuit.onWaking = (candidate, since) => {
      const stream = found as Promise<ServedStream>;
      resolve({ kind: 'waking', candidate, since, stream });
    };
    found.then(resolve, reject);
  });
}

/** Nobody answered, or the client left before: then a provider that was at it has read the prompt all the same. */
function settleFailure(call: Call, trail: Trail, error: GatewayError): void {
  const gone = error.code === 'client_closed_request';
  const candidate = trail.attempts.at(-1)?.outcome === 'cancelled' ? trail.candidate : null;
  const usage = gone && candidate ? usageOfUnfinished(call.request) : null;
  settle(call, trail, {
    status: gone ? 'client_closed_request' : 'failed',
    error,
    parts: candidate ? [{ candidate, usage }] : [],
    usage,
    finishReason: null,
    rawFinishReason: null,
    upstreamId: null,
    upstreamModel: null,
    dropped: [],
    firstTokenAt: null,
    skippedEvents: 0,
  });
}

function answerWhole(
  call: Call,
  trail: Trail,
  served: ServedWhole,
  granted: Granted,
): Response | Promise<Response> {
  const { answer, candidate } = served;
  const response = writeWhole(call, trail, served, granted);
  observeWhole(call, served);
  if (answer.usage) learnFromAnswer(call, candidate, answer.usage);
  return response;
}

/** The same of an answer that is held against what the request wants of it. */
async function answerChecked(
  checking: Checking,
  begun: ServedWhole,
  wanted: Wanted,
  granted: Granted,
): Promise<Response> {
  const { served, parts } = await checkWhole(checking, begun, wanted);
  return await writeWhole(checking.call, checking.trail, served, granted, parts);
}

function writeWhole(
  call: Call,
  trail: Trail,
  served: ServedWhole,
  granted: Granted,
  parts?: readonly Part[],
): Response | Promise<Response> {
  // Before it is settled: an answer that cannot be written is none.
  const body = wholeAnswer(call, served);
  return whenAgreed(call, () => {
    const headers = settleWhole(call, trail, served, granted, parts);
    return new Response(body(), { headers });
  });
}

function settleWhole(
  call: Call,
  trail: Trail,
  served: ServedWhole,
  granted: Granted,
  parts?: readonly Part[],
): Record<string, string> {
  const { answer, candidate } = served;
  const dropped = droppedParams(call, served);
  const settlement = settle(call, trail, {
    ...answer,
    status: 'completed',
    error: null,
    parts: parts ?? [{ candidate, usage: answer.usage }],
    dropped,
    firstTokenAt: null,
    skippedEvents: 0,
  });
  const contentType = answer.contentType ?? 'application/json';
  return answerHeaders(call, trail, { candidate, dropped }, granted, contentType, settlement);
}
