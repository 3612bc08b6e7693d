import { type Charge, chargeFor } from '../../billing/charge.ts';
import { type Cost, costOf, hasUnpricedCalls, prices } from '../../billing/cost.ts';
import { type NanoUsd, nanoToUsd, usdToNano } from '../../billing/money.ts';
import type { GatewayError } from '../../errors.ts';
import type { Settlement as WorkspaceSettlement } from '../../objects/workspace/types.ts';
import type { AnswerPart, Attempt, GenerationStatus, Receipt } from '../../telemetry/receipt.ts';
import { rememberReceipt } from '../../telemetry/recent.ts';
import type { FinishReason, Usage } from '../../wires/types.ts';
import { spendingScopes } from '../admit.ts';
import type { Call, Candidate, Trail } from '../types.ts';
import { discountOf } from './discount.ts';
import { post, postNow } from './outbox.ts';
import { paidBy } from './paid-by.ts';

/** One piece of an answer, and who gave it. */
export interface Part {
  candidate: Candidate;
  /** Null when it is not known. */
  usage: Usage | null;
}

/** How one generation ended, as far as money and the receipt are concerned. */
export interface Ending {
  status: GenerationStatus;
  error: GatewayError | null;
  /** Several where a stream broke and was continued; none when nobody served. */
  parts: readonly Part[];
  /** Of the whole answer. */
  usage: Usage | null;
  finishReason: FinishReason | null;
  rawFinishReason: string | null;
  upstreamId: string | null;
  upstreamModel: string | null;
  dropped: readonly string[];
  /** Unix milliseconds. */
  firstTokenAt: number | null;
  /** Events that could not be read. */
  skippedEvents: number;
}

export interface Settlement {
  /** What the caller pays; null when it is not known. */
  charged: NanoUsd | null;
  receipt: Receipt;
  /** Settles when those know of a failure who must know of it before the client. */
  told: Promise<void> | undefined;
}

/** A part with its price. */
interface Priced extends Part {
  cost: Cost | null;
  charge: Charge | null;
  /** What the caller pays; null when it is not known. */
  charged: NanoUsd | null;
}

/**
 * Prices an ended generation, writes its receipt and sends both to storage, in `waitUntil`. The receipt
 * is readable on this isolate when this returns. A failed answer costs the caller nothing.
 */
export function settle(call: Call, trail: Trail, ending: Ending): Settlement {
  const parts = ending.parts.map((part) => priced(call, part));
  const charged =
    ending.status === 'failed' || parts.length === 0 ? 0 : sum(parts.map((part) => part.charged));
  const receipt = writeReceipt(call, trail, ending, parts, charged);

  const text = JSON.stringify(receipt);
  // That of a batch may be amended elsewhere.
  if (!call.batch) rememberReceipt(call.caller.workspaceId, call.generationId, text);
  const settlement = settlementOf(call, ending, parts, charged);
  if (call.batch) {
    call.batch.settled = postNow(call, text, settlement);
    call.batch.failure = ending.error;
  } else post(call, text, settlement);
  const told =
    ending.status === 'completed' ? undefined : call.keeper?.ended(charged !== null && charged > 0);
  if (told) call.waitUntil(told.catch(() => {}));
  return { charged, receipt, told };
}

function priced(call: Call, { candidate, usage }: Part): Priced {
  const { price } = candidate.endpoint;
  const isPriced = usage && price && prices(price, usage, candidate.model.kind);
  const cost = isPriced ? costOf(usage, price) : null;
  if (call.waived) return { candidate, usage, cost, charge: null, charged: 0 };
  const discount = discountOf(call, candidate);
  const charge =
    cost && chargeFor(cost, call.caller.pricing, candidate.model.id, paidBy(candidate), discount);
  return { candidate, usage, cost, charge, charged: isFree(call, candidate) ? 0 : (charge?.total ?? null) };
}

/** Null when one of them is not known. */
function sum(amounts: readonly (NanoUsd | null)[]): NanoUsd | null {
  let total = 0;
  for (const amount of amounts) {
    if (amount === null) return null;
    total += amount;
  }
  return total;
}

/** Without a fee, what the workspace's own credential paid for costs nothing, be its price known or not. */
function isFree({ caller }: Call, candidate: Candidate): boolean {
  return paidBy(candidate) === 'workspace' && !caller.pricing.byok_percent;
}

function settlementOf(
  call: Call,
  { usage, status }: Ending,
  parts: readonly Priced[],
  charged: NanoUsd | null,
): WorkspaceSettlement {
  const last = status === 'failed' ? undefined : parts.at(-1)?.candidate;
  return {
    id: call.generationId,
    amount: charged ?? 0,
    project: call.caller.projectId,
    scopes: spendingScopes(call.caller),
    model: last?.model.id ?? null,
    provider: last?.provider.id ?? null,
    // A failed answer is not charged and stands on no invoice; one of unknown cost does, so that it is seen.
    lines: last ? linesOf(parts, charged) : [],
    tokens: usage && { total: usage.inputTokens + usage.outputTokens, output: usage.outputTokens },
    draw: call.draw,
  };
}

function linesOf(parts: readonly Priced[], charged: NanoUsd | null): WorkspaceSettlement['lines'] {
  if (charged === null) return [{ unit: 'unknown', rate: 0, quantity: 1, amount: 0 }];
  const [only, ...others] = parts;
  if (others.length === 0) return only?.charge?.lines ?? [];
  return parts.flatMap(({ candidate, charge }) =>
    (charge?.lines ?? []).map((line) => ({
      ...line,
      model: candidate.model.id,
      provider: candidate.provider.id,
    })),
  );
}

function writeReceipt(
  call: Call,
  trail: Trail,
  ending: Ending,
  parts: readonly Priced[],
  charged: NanoUsd | null,
): Receipt {
  const { usage } = ending;
  const candidate = parts.at(-1)?.candidate ?? null;
  const cost = parts.length === 0 ? null : sum(parts.map(costOfProvider));
  const upstreamCost = usage?.upstreamCostUsd ?? null;
  return {
    object: 'generation',
    id: call.generationId,
    request_id: call.requestId,
    created: Math.floor(call.startedAt / 1000),
    workspace: call.caller.workspaceId,
    project: call.caller.projectId,
    key: call.caller.keyId,
    kind: call.request.kind,
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
    credits_unknown: charged !== null ? null : usage && !usage.uncounted ? 'no_price' : 'no_usage',
    cost_lines: parts.flatMap(({ charge }) => charge?.lines ?? []),
    provider_cost: cost === null ? null : nanoToUsd(cost),
    margin_percent: parts.at(-1)?.charge?.marginPercent ?? null,
    batch: call.batch?.id ?? null,
    batch_discount: candidate && call.batch ? discountOf(call, candidate) : null,
    byok: candidate !== null && paidBy(candidate) === 'workspace',
    price_version: candidate?.endpoint.priceVersion ?? null,
    upstream_cost: upstreamCost,
    upstream_cost_difference:
      upstreamCost === null || cost === null ? null : nanoToUsd(usdToNano(upstreamCost) - cost),
    dropped_params: ending.dropped,
    conversions: trail.conversions,
    fallback_from: trail.fallbackFrom,
    routing_reason: trail.routingReason,
    attempts: trail.attempts.map(withoutBody),
    structured_output: trail.structured,
    parts: parts.length > 1 ? parts.flatMap(partView) : [],
    not_continued: trail.notContinued,
    skipped_events: ending.skippedEvents,
    timings: {
      first_token_ms: ending.firstTokenAt === null ? null : ending.firstTokenAt - call.startedAt,
      total_ms: Date.now() - call.startedAt,
    },
    trace_id: call.traceparent?.split('-')[1] ?? null,
  };
}

/** What the provider charges; null where that is not known of a tool that it ran, which no price here has. */
function costOfProvider({ candidate, usage, cost }: Priced): NanoUsd | null {
  const { price } = candidate.endpoint;
  return cost && price && usage && !hasUnpricedCalls(price, usage) ? cost.total : null;
}

function partView(part: Priced): AnswerPart[] {
  const { candidate, usage, charged } = part;
  if (!usage) return [];
  const known = costOfProvider(part);
  return [
    {
      endpoint: candidate.endpoint.id,
      model: candidate.model.id,
      provider: candidate.provider.id,
      usage,
      price_version: candidate.endpoint.priceVersion,
      provider_cost: known === null ? null : nanoToUsd(known),
      credits_used: charged === null ? null : nanoToUsd(charged),
    },
  ];
}

/** What a provider said of a failure, but for its body, which is for the operator and not for callers. */
function withoutBody(attempt: Attempt): Attempt {
  if (!attempt.upstream_error) return attempt;
  const { body: _body, ...fault } = attempt.upstream_error;
  return { ...attempt, upstream_error: fault };
}
