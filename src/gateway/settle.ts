import { type Charge, chargeFor } from '../billing/charge.ts';
import { type Cost, costOf } from '../billing/cost.ts';
import { type NanoUsd, nanoToUsd, usdToNano } from '../billing/money.ts';
import type { GatewayError } from '../errors.ts';
import type { Settlement as WorkspaceSettlement } from '../objects/workspace/types.ts';
import type { Attempt, GenerationStatus, Receipt } from '../telemetry/receipt.ts';
import { rememberReceipt } from '../telemetry/recent.ts';
import type { FinishReason, Usage } from '../wires/types.ts';
import { spendingScopes } from './admit.ts';
import { post } from './outbox.ts';
import { paidBy } from './paid-by.ts';
import type { Call, Candidate, Trail } from './types.ts';

/** How one generation ended, as far as money and the receipt are concerned. */
export interface Ending {
  status: GenerationStatus;
  error: GatewayError | null;
  /** Null when nobody served. */
  candidate: Candidate | null;
  usage: Usage | null;
  finishReason: FinishReason | null;
  rawFinishReason: string | null;
  upstreamId: string | null;
  upstreamModel: string | null;
  dropped: readonly string[];
  /** Unix milliseconds. */
  firstTokenAt: number | null;
}

export interface Settlement {
  /** What the caller pays; null when it is not known. */
  charged: NanoUsd | null;
  receipt: Receipt;
}

/**
 * Prices an ended generation, writes its receipt and sends both to storage, in `waitUntil`. The receipt
 * is readable on this isolate when this returns. A failed answer costs the caller nothing.
 */
export function settle(call: Call, trail: Trail, ending: Ending): Settlement {
  const price = ending.candidate?.endpoint.price ?? null;
  const cost = ending.usage && price ? costOf(ending.usage, price) : null;
  const charge =
    cost && ending.candidate
      ? chargeFor(cost, call.caller.pricing, ending.candidate.model.id, paidBy(ending.candidate))
      : null;
  const charged = ending.status === 'failed' || isFree(call, ending) ? 0 : (charge?.total ?? null);
  const receipt = writeReceipt(call, trail, ending, cost, charge, charged);

  const text = JSON.stringify(receipt);
  rememberReceipt(call.caller.workspaceId, call.generationId, text);
  post(call, text, settlementOf(call, ending, charge, charged));
  return { charged, receipt };
}

/** Without a fee, what the workspace's own credential paid for costs nothing, be its price known or not. */
function isFree({ caller }: Call, { candidate }: Ending): boolean {
  return candidate !== null && paidBy(candidate) === 'workspace' && !caller.pricing.byok_percent;
}

function settlementOf(
  call: Call,
  { candidate, usage, status }: Ending,
  charge: Charge | null,
  charged: NanoUsd | null,
): WorkspaceSettlement {
  const failed = status === 'failed';
  const unknown = { unit: 'unknown', rate: 0, quantity: 1, amount: 0 };
  return {
    id: call.generationId,
    amount: charged ?? 0,
    project: call.caller.projectId,
    scopes: spendingScopes(call.caller),
    model: failed ? null : (candidate?.model.id ?? null),
    provider: failed ? null : (candidate?.provider.id ?? null),
    // A failed answer is not charged and stands on no invoice; one of unknown cost does, so that it is seen.
    lines: failed ? [] : (charge?.lines ?? (charged === null ? [unknown] : [])),
    tokens: usage && { total: usage.inputTokens + usage.outputTokens, output: usage.outputTokens },
    draw: call.draw,
  };
}

function writeReceipt(
  call: Call,
  trail: Trail,
  ending: Ending,
  cost: Cost | null,
  charge: Charge | null,
  charged: NanoUsd | null,
): Receipt {
  const { candidate, usage } = ending;
  const upstreamCost = usage?.upstreamCostUsd ?? null;
  return {
    object: 'generation',
    id: call.generationId,
    request_id: call.requestId,
    created: Math.floor(call.startedAt / 1000),
    workspace: call.caller.workspaceId,
    project: call.caller.projectId,
    key: call.caller.keyId,
    status: ending.status,
    error: ending.error && { code: ending.error.code, message: ending.error.message },
    stream: call.request.stream,
    model: call.control.model,
    model_used: candidate?.model.id ?? null,
    provider_used: candidate?.provider.id ?? null,
    endpoint: candidate?.endpoint.id ?? null,
    upstream_id: ending.upstreamId,
    upstream_model: ending.upstreamModel,
    finish_reason: ending.finishReason,
    raw_finish_reason: ending.rawFinishReason,
    usage,
    credits_used: charged === null ? null : nanoToUsd(charged),
    credits_unknown: charged !== null ? null : usage ? 'no_price' : 'no_usage',
    cost_lines: charge?.lines ?? [],
    provider_cost: cost ? nanoToUsd(cost.total) : null,
    margin_percent: charge?.marginPercent ?? null,
    byok: candidate !== null && paidBy(candidate) === 'workspace',
    price_version: candidate?.endpoint.priceVersion ?? null,
    upstream_cost: upstreamCost,
    upstream_cost_difference:
      upstreamCost === null || !cost ? null : nanoToUsd(usdToNano(upstreamCost) - cost.total),
    dropped_params: ending.dropped,
    conversions: trail.conversions,
    fallback_from: trail.fallbackFrom,
    attempts: trail.attempts.map(withoutBody),
    timings: {
      first_token_ms: ending.firstTokenAt === null ? null : ending.firstTokenAt - call.startedAt,
      total_ms: Date.now() - call.startedAt,
    },
    trace_id: call.traceparent?.split('-')[1] ?? null,
  };
}

/** What a provider said of a failure, but for its body, which is for the operator and not for callers. */
function withoutBody(attempt: Attempt): Attempt {
  if (!attempt.upstream_error) return attempt;
  const { body: _body, ...fault } = attempt.upstream_error;
  return { ...attempt, upstream_error: fault };
}
