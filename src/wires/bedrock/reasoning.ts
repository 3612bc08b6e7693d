import { asObject, asString, type JsonObject } from '../../lib/json.ts';
import { type AskedReasoning, askedReasoning } from '../asked-reasoning.ts';
import type { ChatBody, Target } from '../types.ts';
import type { Dropped } from './dropped.ts';
import { isGiven, type ModelFamily, plainInference, withOwn } from './model-fields.ts';

/** Efforts of these models, which have no other; `minimal` is the least there is. */
const EFFORTS: Readonly<Record<string, string>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
};

/**
 * Amazon Nova 2, which does not reason unless it is told to
 * (https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html). At the highest effort it takes
 * neither a limit nor sampling parameters; a limit is what the caller pays at most, so the effort gives way to it.
 */
export const nova2: ModelFamily = {
  reads: ['reasoning', 'reasoning_effort', 'output_config'],
  steerable: true,
  fields(body, target, _, dropped) {
    const inference = plainInference(body, dropped);
    const asked = askedEffort(body, target, dropped);
    let effort = asked.effort ?? (asked.on ? 'medium' : undefined);
    if (effort === 'high' && isGiven(inference.maxTokens)) {
      dropped.add(asked.field);
      effort = 'medium';
    }
    if (effort === 'high') {
      for (const [name, theirs] of [
        ['temperature', 'temperature'],
        ['top_p', 'topP'],
      ] as const) {
        if (inference[theirs] !== undefined) dropped.add(name);
        delete inference[theirs];
      }
    }
    const derived: JsonObject = effort
      ? { reasoningConfig: { type: 'enabled', maxReasoningEffort: effort } }
      : {};
    return { inference, additional: withOwn(body, derived, asked.field, dropped), mayForce: true };
  },
};

/**
 * OpenAI's open models, which always reason and take their fields by OpenAI's names
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html).
 */
export const gptOss: ModelFamily = {
  reads: ['reasoning', 'reasoning_effort', 'output_config'],
  steerable: true,
  fields(body, target, _, dropped) {
    const inference = plainInference(body, dropped);
    const asked = askedEffort(body, target, dropped);
    if (asked.on === false) dropped.add(asked.field);
    const derived: JsonObject = asked.effort ? { reasoning_effort: asked.effort } : {};
    return { inference, additional: withOwn(body, derived, asked.field, dropped), mayForce: true };
  },
};

/** Models of which no words are known that would say how they reason. */
export const fixed: ModelFamily = {
  reads: ['reasoning', 'reasoning_effort'],
  steerable: false,
  fields(body, { capabilities }, _, dropped) {
    const { on } = askedReasoning(body, new Set());
    // One that does not reason need not be told so.
    if (on || (on === false && capabilities.reasoning !== false)) {
      for (const name of fixed.reads) if (isGiven(body[name])) dropped.add(name);
    }
    const inference = plainInference(body, dropped);
    return { inference, additional: withOwn(body, {}, '', dropped), mayForce: true };
  },
};

/** What is asked of models that have efforts and no budgets; `effort` is one of theirs. */
function askedEffort(
  body: ChatBody,
  { capabilities }: Target,
  dropped: Dropped,
): Pick<AskedReasoning, 'field' | 'on' | 'effort'> {
  const { field, on, effort, budget, exclude } = askedReasoning(body, dropped);
  const { effort: beside, ...others } = asObject(body.output_config) ?? {};
  if (Object.keys(others).length > 0) dropped.add('output_config');
  const none = { field, on, effort: undefined };
  if (!on) {
    // An effort alone asks of no model to reason that would not.
    if (isGiven(beside)) dropped.add('output_config');
    return none;
  }
  if (capabilities.reasoning === false) {
    dropped.add(field);
    return { ...none, on: undefined };
  }
  if (budget !== undefined) dropped.add('reasoning.max_tokens');
  if (exclude) dropped.add('reasoning.exclude');
  const wanted = effort ?? asString(beside);
  if (wanted === undefined) return none;
  const known = Object.hasOwn(EFFORTS, wanted) ? EFFORTS[wanted] : undefined;
  if (known !== undefined) return { ...none, effort: known };
  dropped.add(effort === undefined ? 'output_config' : field);
  return { ...none, on: undefined };
}
