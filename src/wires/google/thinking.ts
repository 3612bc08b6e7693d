import { asNumber, asObject, asString, type JsonObject } from '../../lib/json.ts';
import type { ChatBody, Target } from '../types.ts';
import { invalid } from './content.ts';
import type { Dropped } from './dropped.ts';
import type { ModelTraits } from './models.ts';

/** Google's own table for its OpenAI-compatible endpoint (https://ai.google.dev/gemini-api/docs/openai#thinking). */
const BUDGETS: Readonly<Record<string, number>> = { minimal: 1024, low: 1024, medium: 8192, high: 24576 };

/** The smallest budget of 2.5 Pro, which cannot be told not to think. */
const PRO_MINIMUM = 128;

/** What the caller asks of reasoning, in OpenAI's or OpenRouter's words. */
interface Wish {
  effort: string | undefined;
  maxTokens: number | undefined;
  enabled: boolean | undefined;
  exclude: boolean;
  /** The field that the effort or switch came in, for reports. */
  field: string;
}

/**
 * `thinkingConfig` for `reasoning` (https://openrouter.ai/docs/use-cases/reasoning-tokens) or
 * `reasoning_effort`; undefined where neither is given, which leaves the model its default. What a model
 * cannot do exactly is set to the nearest it can, and reported.
 */
export function thinkingConfig(
  body: ChatBody,
  target: Target,
  traits: ModelTraits,
  dropped: Dropped,
): JsonObject | undefined {
  const wish = readWish(body, dropped);
  if (!wish) return undefined;
  const off = wish.effort === 'none' || (wish.enabled === false && wish.effort === undefined);
  if (traits.thinking === 'none' || target.capabilities.reasoning === false) {
    // A model that does not think needs no telling.
    if (!off && (wish.effort !== undefined || wish.enabled || wish.maxTokens !== undefined)) {
      dropped.add(wish.field);
    }
    return undefined;
  }
  if (wish.maxTokens !== undefined) {
    if (wish.effort !== undefined) dropped.add(wish.field);
    // Gemini 3 still takes a budget, but not a level beside it.
    return { thinkingBudget: wish.maxTokens, ...included(wish, wish.maxTokens === 0) };
  }
  const steered =
    traits.thinking === 'level' ? byLevel(wish, off, traits, dropped) : byBudget(wish, off, traits, dropped);
  const config = { ...steered, ...included(wish, off) };
  return Object.keys(config).length > 0 ? config : undefined;
}

/** Summaries of the thoughts, unless the caller does not want to see them. */
function included({ exclude }: Wish, off: boolean): JsonObject {
  return exclude || off ? {} : { includeThoughts: true };
}

function readWish(body: ChatBody, dropped: Dropped): Wish | null {
  const reasoning = asObject(body.reasoning);
  const own = asString(reasoning?.effort);
  const openai = asString(body.reasoning_effort);
  if (!reasoning && openai === undefined) return null;
  if (own !== undefined && openai !== undefined && own !== openai) dropped.add('reasoning_effort');
  const effort = own ?? openai;
  const field = own === undefined && openai !== undefined ? 'reasoning_effort' : 'reasoning';
  const limit = reasoning?.max_tokens;
  const maxTokens = asNumber(limit);
  if (limit !== undefined && limit !== null && maxTokens === undefined) {
    throw invalid('reasoning.max_tokens', 'The limit of reasoning tokens must be a number.');
  }
  const enabled = typeof reasoning?.enabled === 'boolean' ? reasoning.enabled : undefined;
  return { effort, maxTokens, enabled, exclude: reasoning?.exclude === true, field };
}

/** https://ai.google.dev/gemini-api/docs/thinking#thinking-levels */
function byLevel(wish: Wish, off: boolean, traits: ModelTraits, dropped: Dropped): JsonObject {
  const lowest = traits.pro ? 'low' : 'minimal';
  if (off) {
    dropped.add(wish.field);
    return { thinkingLevel: lowest };
  }
  switch (wish.effort) {
    case undefined:
      return {};
    case 'minimal':
      return { thinkingLevel: lowest };
    case 'medium':
      return { thinkingLevel: traits.twoLevels ? 'high' : 'medium' };
    case 'low':
    case 'high':
      return { thinkingLevel: wish.effort };
    default:
      return { thinkingLevel: beyond(wish, 'high', dropped) };
  }
}

/** https://ai.google.dev/gemini-api/docs/thinking#set-budget */
function byBudget(wish: Wish, off: boolean, traits: ModelTraits, dropped: Dropped): JsonObject {
  if (off && traits.pro) {
    dropped.add(wish.field);
    return { thinkingBudget: PRO_MINIMUM };
  }
  if (off) return { thinkingBudget: 0 };
  // -1 lets the model decide, also where it would not think by default.
  if (wish.effort === undefined) return wish.enabled ? { thinkingBudget: -1 } : {};
  const known = Object.hasOwn(BUDGETS, wish.effort) ? BUDGETS[wish.effort] : undefined;
  return { thinkingBudget: known ?? beyond(wish, BUDGETS.high ?? -1, dropped) };
}

/** The most there is for an effort above Google's scale. */
function beyond<T>(wish: Wish, most: T, dropped: Dropped): T {
  if (wish.effort !== 'xhigh' && wish.effort !== 'max') {
    throw invalid(
      wish.field === 'reasoning' ? 'reasoning.effort' : wish.field,
      'An effort is "none", "minimal", "low", "medium", "high", "xhigh" or "max".',
    );
  }
  dropped.add(wish.field);
  return most;
}
