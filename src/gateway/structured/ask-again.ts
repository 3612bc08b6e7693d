import { chargeAtMost, chargeFor } from '../../billing/charge.ts';
import { costOf } from '../../billing/cost.ts';
import { nanoToUsd } from '../../billing/money.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Policy } from '../../routing/policy/types.ts';
import { addCalls } from '../../wires/hosted.ts';
import type { ChatRequest, Usage } from '../../wires/types.ts';
import { withoutSealed } from '../attempt/own-request.ts';
import type { Pursuit } from '../attempt/pursuit.ts';
import type { ServedWhole } from '../attempt/served.ts';
import { askedCalls } from '../hosted.ts';
import { changeRequest } from '../requests/change-request.ts';
import { discountOf } from '../settling/discount.ts';
import { estimateInputTokens } from '../settling/estimate.ts';
import { paidBy } from '../settling/paid-by.ts';
import type { Call, Candidate } from '../types.ts';
import type { Complaint } from './schema-check.ts';

/** So much of what is wrong is told. */
const MOST_COMPLAINTS = 20;
const LONGEST_COMPLAINT = 300;

/** The least output that is worth asking for, tokens. */
const LEAST_OUTPUT = 16;

/** An answer that does not fit, and what is wrong with it. */
export interface Misfit {
  served: ServedWhole;
  text: string;
  complaints: readonly Complaint[];
}

/** What may be spent on asking again. */
export interface Means {
  call: Call;
  pursuit: Pursuit;
  policy: Policy;
}

/**
 * Asks the endpoint that gave a misfit once more, with the misfit and what is wrong with it. Null where it does not
 * answer, or what the request may cost, take or try does not allow it.
 */
export async function askAgain(
  { call, pursuit, policy }: Means,
  request: ChatRequest,
  misfit: Misfit,
): Promise<ServedWhole | null> {
  const { candidate: asked, request: sent } = misfit.served;
  // Who refused its reasoning before would do so again.
  const bare = sent.withheld ? withoutSealed(request, asked.wire) : null;
  const again = correctionRequest(bare ?? request, misfit);
  const candidate = withinBudget(call, misfit.served, again, policy.max_cost_usd);
  if (!candidate) return null;
  try {
    const served = await pursuit.again(candidate, {
      requestFor: () => again,
      refused: () => false,
      ours: true,
    });
    return served.kind === 'whole' ? served : null;
  } catch {
    // There is an answer already, and it is what the client gets.
    return null;
  }
}

/** The same conversation, the misfit behind it, and what is wrong with it. */
export function correctionRequest(request: ChatRequest, { served, text, complaints }: Misfit): ChatRequest {
  const { messages, response_format: format } = request.body();
  const lines = complaints
    .slice(0, MOST_COMPLAINTS)
    .map(({ at, message }) => `- ${at}: ${message}`.slice(0, LONGEST_COMPLAINT));
  // Who was not given the schema is told it now.
  const isUntold = served.dropped.includes('response_format');
  const told = isUntold ? `\nThe response format: ${JSON.stringify(format)}` : '';
  const content =
    'Your answer does not fit the response format that was asked for:\n' +
    `${lines.join('\n')}${told}\n` +
    'Answer once more, with the corrected JSON alone: nothing before it, nothing behind it, no code block.';
  const answer: JsonObject[] = text.trim() === '' ? [] : [{ role: 'assistant', content: text }];
  return changeRequest(request, { messages: [...messages, ...answer, { role: 'user', content }] });
}

/** Its candidate, held to the output that is left of what the request may cost; null where nothing is left. */
function withinBudget(
  call: Call,
  { candidate, answer }: ServedWhole,
  request: ChatRequest,
  maxCostUsd: number | undefined,
): Candidate | null {
  if (maxCostUsd === undefined) return candidate;
  const { endpoint, model } = candidate;
  const { pricing } = call.caller;
  const discount = discountOf(call, candidate);
  if (!endpoint.price || !answer.usage) return null;
  const payer = paidBy(candidate);
  const spent = chargeFor(costOf(answer.usage, endpoint.price), pricing, model.id, payer, discount).total;
  const input = estimateInputTokens(request);
  const tools = askedCalls(request, candidate);
  const units = tools ? { tools } : {};
  const worst = chargeAtMost(input, endpoint.price, pricing, model.id, payer, units, discount);
  const left = maxCostUsd - nanoToUsd(spent) - nanoToUsd(worst.fixed);
  if (left < 0) return null;
  const output = worst.outputRate === 0 ? Infinity : Math.floor((left * 1e15) / worst.outputRate);
  if (output < LEAST_OUTPUT) return null;
  const most = Math.min(output, candidate.maxOutputTokens ?? Infinity);
  return { ...candidate, maxOutputTokens: most === Infinity ? null : most };
}

/** What two answers used together; null where that of one is not known. */
export function usageOfBoth(first: Usage | null, second: Usage | null): Usage | null {
  if (!first || !second) return null;
  const toolCalls = addCalls(first.toolCalls, second.toolCalls);
  return {
    inputTokens: first.inputTokens + second.inputTokens,
    outputTokens: first.outputTokens + second.outputTokens,
    cachedInputTokens: first.cachedInputTokens + second.cachedInputTokens,
    cacheWriteTokens: first.cacheWriteTokens + second.cacheWriteTokens,
    cacheWriteLongTokens: first.cacheWriteLongTokens + second.cacheWriteLongTokens,
    reasoningTokens: first.reasoningTokens + second.reasoningTokens,
    inputAudioTokens: first.inputAudioTokens + second.inputAudioTokens,
    outputAudioTokens: first.outputAudioTokens + second.outputAudioTokens,
    inputImageTokens: first.inputImageTokens + second.inputImageTokens,
    outputImageTokens: first.outputImageTokens + second.outputImageTokens,
    ...(toolCalls && { toolCalls }),
    upstreamCostUsd:
      first.upstreamCostUsd === null || second.upstreamCostUsd === null
        ? null
        : first.upstreamCostUsd + second.upstreamCostUsd,
    estimated: first.estimated || second.estimated,
    raw: [first.raw, second.raw],
  };
}
