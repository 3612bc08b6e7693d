import { GatewayError } from '../../errors.ts';
import { asObject, type JsonObject } from '../../lib/json.ts';
import { type AskedReasoning, askedReasoning } from '../asked-reasoning.ts';
import type { DroppedNames } from '../dropped.ts';
import type { ChatBody, Target } from '../types.ts';
import type { ModelTraits } from './models.ts';

/** What a request says about thinking, as the Messages API takes it. */
export interface ThinkingPlan {
  /** `thinking` of the request. */
  thinking?: JsonObject;
  /** `output_config.effort`. */
  effort?: string;
  /** Thinking was turned on by this request. */
  on: boolean;
  /** With a token budget, which forbids forced tools. */
  manual: boolean;
  /** The caller gave `thinking` itself. */
  native: boolean;
  /** The field that asked for it, as it is reported when thinking must give way. */
  field: string;
}

/** Least `budget_tokens`; it must also be smaller than `max_tokens`. */
const MIN_BUDGET = 1024;

/** Part of `max_tokens` that an effort may think, where the model takes a budget; OpenRouter's ratios. */
const BUDGET_RATIO: Readonly<Record<string, number>> = {
  minimal: 0.1,
  low: 0.2,
  medium: 0.5,
  high: 0.8,
  xhigh: 0.95,
  max: 0.95,
};

/**
 * Plans thinking from `thinking` (the API's own, which wins), `reasoning` and `reasoning_effort`.
 * @param maxTokens `max_tokens` of the request, of which a budget is a part.
 */
export function planThinking(
  body: ChatBody,
  target: Target,
  traits: ModelTraits,
  maxTokens: number,
  dropped: DroppedNames,
): ThinkingPlan {
  const given = asObject(body.thinking);
  if (given) {
    for (const name of ['reasoning', 'reasoning_effort'] as const) {
      if (body[name] !== undefined && body[name] !== null) dropped.add(name);
    }
    const manual = given.type === 'enabled';
    return { thinking: given, on: given.type !== 'disabled', manual, native: true, field: 'thinking' };
  }
  const asked = askedReasoning(body, dropped);
  const { field, effort, budget } = asked;
  const none: ThinkingPlan = { on: false, manual: false, native: false, field };
  const possible = target.capabilities.reasoning !== false && traits.thinking !== 'none';
  if (asked.on === undefined) return none;
  if (!asked.on) return possible ? turnOff(traits, none, dropped) : none;
  if (!possible) {
    dropped.add(field);
    return none;
  }
  const display = readDisplay(asked, traits, dropped);
  if (traits.thinking === 'adaptive' || (traits.thinking === 'both' && budget === undefined)) {
    if (budget !== undefined) dropped.add('reasoning.max_tokens');
    return {
      ...none,
      thinking: { type: 'adaptive', ...display },
      ...(effort !== undefined ? { effort: effort === 'minimal' ? 'low' : effort } : {}),
      on: true,
    };
  }
  const tokens = budget ?? derivedBudget(effort ?? 'medium', maxTokens, field);
  if (tokens === null) {
    dropped.add(field);
    return none;
  }
  return {
    ...none,
    thinking: { type: 'enabled', budget_tokens: tokens, ...display },
    on: true,
    manual: true,
  };
}

/** Without thinking after all: models that take a budget do not think unless asked to. */
export function withoutThinking({ field }: ThinkingPlan, dropped: DroppedNames): ThinkingPlan {
  dropped.add(field);
  return { on: false, manual: false, native: false, field };
}

function turnOff(traits: ModelTraits, none: ThinkingPlan, dropped: DroppedNames): ThinkingPlan {
  if (traits.thinkingOff === 'omit') return none;
  if (traits.thinkingOff === 'impossible') {
    dropped.add(none.field);
    return none;
  }
  return { ...none, thinking: { type: traits.thinkingOff } };
}

/** Newer models send thinking without its text unless asked; `exclude` asks for just that. */
function readDisplay({ exclude }: AskedReasoning, traits: ModelTraits, dropped: DroppedNames): JsonObject {
  if (exclude) {
    if (traits.claude) return { display: 'omitted' };
    dropped.add('reasoning.exclude');
  }
  return traits.hidesThinking ? { display: 'summarized' } : {};
}

/** Null when `max_tokens` leaves no room for the least budget. */
function derivedBudget(effort: string, maxTokens: number, field: string): number | null {
  const ratio = Object.hasOwn(BUDGET_RATIO, effort) ? BUDGET_RATIO[effort] : undefined;
  if (ratio === undefined) {
    const param = field === 'reasoning' ? 'reasoning.effort' : field;
    throw new GatewayError('invalid_value', { param, message: `There is no reasoning effort "${effort}".` });
  }
  if (maxTokens <= MIN_BUDGET) return null;
  return Math.max(MIN_BUDGET, Math.floor(maxTokens * ratio));
}
