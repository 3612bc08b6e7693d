import { type ErrorCode, GatewayError, toGatewayError } from '../errors.ts';
import { readText } from '../lib/read-text.ts';
import { secretOf } from '../providers/credentials.ts';
import { mayRefuseSealed } from '../wires/sealed.ts';
import type { EncodedRequest } from '../wires/types.ts';
import { checkCaller } from './admit.ts';
import { readFailure } from './attempt/failure.ts';
import { withoutSealed } from './attempt/own-request.ts';
import { inClientsWords, inClientsWordsOf } from './formats/client-words.ts';
import { plan } from './planning/plan.ts';
import type { Question } from './planning/situation.ts';
import { errorWithoutSecret } from './redact.ts';
import { Cutoff } from './relay/cutoff.ts';
import { estimateUsage } from './settling/estimate.ts';
import type { Candidate, ChatCall } from './types.ts';
import { send } from './upstream.ts';

/** A provider that has not counted by then is not waited for, milliseconds. */
const PATIENCE_MS = 10_000;

const MAX_ANSWER_BYTES = 64 * 1024;

/** Failures that the request itself would meet as well. All others leave the estimate. */
const OF_THE_REQUEST = new Set<ErrorCode>([
  'upstream_invalid_request',
  'request_too_large',
  'context_length_exceeded',
  'content_filter',
  'client_closed_request',
]);

/** Whose tokens are counted. */
export type CountQuestion = Question & Pick<ChatCall, 'address' | 'request' | 'signal' | 'traceparent'>;

export interface Counted {
  /** Of the input. */
  tokens: number;
  /** Counted by the provider that would serve the request; otherwise estimated from its text. */
  exact: boolean;
}

/**
 * How many tokens the input of a request has for the endpoint that would be asked first. Costs nothing, counts for
 * no limit and leaves no receipt.
 * @throws GatewayError as `plan`; `permission_denied`, `ip_not_allowed`; the provider's own refusal of the request.
 */
export async function countTokens(question: CountQuestion): Promise<Counted> {
  checkCaller(question.caller, question.address);
  const [candidate] = plan(question).candidates;
  const counted = candidate ? await askProvider(candidate, question) : null;
  if (counted !== null) return { tokens: counted, exact: true };
  return { tokens: estimateUsage(question.request).inputTokens, exact: false };
}

/** Null where the provider cannot count, or does not. */
async function askProvider(candidate: Candidate, question: CountQuestion): Promise<number | null> {
  const { credential, provider, target, wire } = candidate;
  const { env, request, signal } = question;
  const counter = wire.tokens;
  // In the client's own format the words are its own.
  const translated = request.native ? {} : request;
  const encoded = inClientsWordsOf(translated, () => counter?.encode(request, target) ?? null);
  if (!counter || !encoded) return null;
  const cutoff = new Cutoff();
  const timer = setTimeout(() => cutoff.cut(new GatewayError('upstream_timeout')), PATIENCE_MS);
  const onGone = (): void => cutoff.cut(new GatewayError('client_closed_request'));
  signal.addEventListener('abort', onGone);
  let secret: string | null = null;
  try {
    if (signal.aborted) onGone();
    secret = await secretOf(credential, provider, env);
    const ask = async (asked: EncodedRequest): Promise<number | null> => {
      const response = await send(provider, secret, env, asked, cutoff, question.traceparent);
      if (!response.ok) throw await readFailure(candidate, response, cutoff, secret);
      return counter.decode(await readText(response, MAX_ANSWER_BYTES));
    };
    try {
      return await ask(encoded);
    } catch (thrown) {
      const bare = mayRefuseSealed(toGatewayError(thrown)) && withoutSealed(request, wire);
      const instead = bare ? counter.encode(bare, target) : null;
      if (!instead) throw thrown;
      return await ask(instead);
    }
  } catch (thrown) {
    const error = inClientsWords(errorWithoutSecret(toGatewayError(thrown), secret), translated);
    if (OF_THE_REQUEST.has(error.code)) throw error;
    return null;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onGone);
  }
}
