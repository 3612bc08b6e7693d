import type { Decision } from './decide.ts';
import { countByConstraint } from './nearest.ts';
import type { FallbackTrigger, Policy } from './policy/types.ts';
import type { RoutingReason } from './reasons.ts';
import type { Constraint, Excluded, Needs, Ranked } from './types.ts';

/** Of the endpoints that fell out no more are shown: the nearest. */
const EXCLUDED_SHOWN = 100;

/** A decision as the API shows it. */
export interface RouteView {
  object: 'route';
  /** The policy in force. */
  policy: Policy;
  /** Why the first candidate is first; null where the caller simply named it. */
  reason: RoutingReason | null;
  /** What the request needs of whoever serves it. */
  needs: { images: boolean; audio: boolean; files: boolean; tools: boolean; schema: boolean };
  /** In the order in which they would be tried. */
  candidates: CandidateView[];
  /** The nearest to what was asked first; at most 100. */
  excluded: ExcludedView[];
  /** How many endpoints fail each constraint. */
  excluded_by: Partial<Record<Constraint, number>>;
}

export interface CandidateView {
  model: string;
  endpoint: string;
  provider: string;
  /** The failures that lead to it; null: any. */
  on: readonly FallbackTrigger[] | null;
  /** The output limit that it would be asked for, where the budget lowers it. */
  max_output_tokens: number | null;
  estimate: {
    input_tokens: number;
    output_tokens: number;
    /** What the caller would pay, USD; null when the price is not known. */
    cost_usd: number | null;
    /** Milliseconds to the first token. */
    ttft_ms: number | null;
    tokens_per_second: number | null;
    /** `source` says whether it was measured or is a guess: `scores`, `prior`. */
    accuracy: { value: number; source: 'scores' | 'prior' } | null;
  };
  remarks: readonly string[];
}

export interface ExcludedView {
  model: string;
  endpoint: string | null;
  constraints: Constraint[];
  /** What it would have taken. */
  detail: string;
}

/** What a decision came to, and why. @param policy the one in force. */
export function explainDecision(decision: Decision, policy: Policy, needs: Needs): RouteView {
  const { images, audio, files, tools, schema } = needs;
  const nearest = decision.excluded.toSorted((a, b) => a.distance - b.distance).slice(0, EXCLUDED_SHOWN);
  return {
    object: 'route',
    policy,
    reason: decision.reason,
    needs: { images, audio, files, tools, schema },
    candidates: decision.ranked.map(candidateView),
    excluded: nearest.map(excludedView),
    excluded_by: Object.fromEntries(countByConstraint(decision.excluded)),
  };
}

function candidateView({ model, endpoint, estimate, on, maxOutputTokens, remarks }: Ranked): CandidateView {
  return {
    model: model.id,
    endpoint: endpoint.id,
    provider: endpoint.provider,
    on,
    max_output_tokens: maxOutputTokens,
    estimate: {
      input_tokens: estimate.inputTokens,
      output_tokens: estimate.outputTokens,
      cost_usd: estimate.costUsd,
      ttft_ms: estimate.ttftMs,
      tokens_per_second: estimate.tokensPerSecond,
      accuracy: estimate.accuracy,
    },
    remarks,
  };
}

function excludedView({ model, endpoint, constraint, also, detail }: Excluded): ExcludedView {
  return {
    model: model.id,
    endpoint: endpoint?.id ?? null,
    constraints: [...new Set([constraint, ...also])],
    detail,
  };
}
