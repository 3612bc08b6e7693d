import { asArray, asNumber, asObject, asString, type JsonObject } from '../../lib/json.ts';
import { type ModelTraits, modelTraits } from '../claude/models.ts';
import { DEFAULT_MAX_TOKENS, encodeSampling, maxTokens } from '../claude/sampling.ts';
import { planThinking, type ThinkingPlan, withoutThinking } from '../claude/thinking.ts';
import { type BlockKinds, isLoopWithoutThinking, minds } from '../claude/tool-loop.ts';
import type { ChatBody, Target } from '../types.ts';
import type { Dropped } from './dropped.ts';
import type { Message } from './messages.ts';
import { isGiven, type ModelFamily, withOwn } from './model-fields.ts';

/** Thinking between calls of tools: https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html */
const INTERLEAVED = 'interleaved-thinking-2025-05-14';

/** An effort, of models that did not have it from the beginning. */
const EFFORT = 'effort-2025-11-24';

/** Blocks of Converse. */
const BLOCKS: BlockKinds = {
  isResult: (block) => asObject(block)?.toolResult !== undefined,
  isThinking: (block) => asObject(block)?.reasoningContent !== undefined,
};

/**
 * Claude takes of the Messages API what Converse has no words for as `additionalModelRequestFields`, by its own names
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html).
 */
export const claude: ModelFamily = {
  reads: ['reasoning', 'reasoning_effort', 'thinking', 'output_config', 'betas', 'top_k'],
  steerable: true,
  fields(given, target, messages, dropped) {
    const traits = modelTraits(target.upstreamModel);
    const { thinking: own, ...rest } = asObject(given.additionalModelRequestFields) ?? {};
    // Thinking goes by the same rules wherever it was written.
    const body: ChatBody = own ? { ...given, thinking: own, additionalModelRequestFields: rest } : given;
    const limit = maxTokens(body, target.maxOutputTokens, dropped);
    const thinking = thinkingOf(
      body,
      target,
      traits,
      asNumber(limit) ?? DEFAULT_MAX_TOKENS,
      messages,
      dropped,
    );
    const allowed = traits.sampling && target.capabilities.temperature !== false;
    const sampling = encodeSampling(body, { allowed, thinking: thinking.on }, dropped);
    const inference: JsonObject = {};
    // A budget is a part of the limit, which has to be known for it.
    if (thinking.manual || isGiven(body.max_completion_tokens) || isGiven(body.max_tokens))
      inference.maxTokens = limit;
    if (sampling.temperature !== undefined) inference.temperature = sampling.temperature;
    if (sampling.top_p !== undefined) inference.topP = sampling.top_p;
    const derived: JsonObject = {};
    if (thinking.thinking) derived.thinking = thinking.thinking;
    if (sampling.top_k !== undefined) derived.top_k = sampling.top_k;
    const config = outputConfig(body, traits, thinking, dropped);
    if (config) derived.output_config = config;
    const additional = withOwn(body, derived, thinking.field, dropped);
    const betas = betaFlags(body, traits, thinking, config, dropped);
    if (betas.length > 0) additional.anthropic_beta = betas;
    return { inference, additional, mayForce: traits.forcedTools && !thinking.manual };
  },
};

function thinkingOf(
  body: ChatBody,
  target: Target,
  traits: ModelTraits,
  limit: number,
  messages: readonly Message[],
  dropped: Dropped,
): ThinkingPlan {
  const plan = planThinking(body, target, traits, limit, dropped);
  const refused = plan.manual && minds(traits) && isLoopWithoutThinking(messages, BLOCKS);
  return refused ? withoutThinking(plan, dropped) : plan;
}

/** An effort, the caller's own before the one that stands for its parameters. A format is `outputConfig` of Converse. */
function outputConfig(
  body: ChatBody,
  traits: ModelTraits,
  thinking: ThinkingPlan,
  dropped: Dropped,
): JsonObject | undefined {
  const { effort, ...others } = asObject(body.output_config) ?? {};
  if (Object.keys(others).length > 0) dropped.add('output_config');
  if (isGiven(effort) && traits.effort === 'no') {
    dropped.add('output_config');
    return undefined;
  }
  if (isGiven(effort) && thinking.effort !== undefined && effort !== thinking.effort)
    dropped.add(thinking.field);
  const chosen = effort ?? thinking.effort;
  return isGiven(chosen) ? { effort: chosen } : undefined;
}

/**
 * Bedrock refuses flags that a model does not know: of the caller's `betas` only those go that are documented for it.
 * Models that think adaptively need none to think between calls.
 */
function betaFlags(
  body: ChatBody,
  traits: ModelTraits,
  thinking: ThinkingPlan,
  config: JsonObject | undefined,
  dropped: Dropped,
): string[] {
  const own = asArray(asObject(body.additionalModelRequestFields)?.anthropic_beta);
  const flags = new Set(own.flatMap((flag) => asString(flag) ?? []));
  if (config && traits.effort === 'flag') flags.add(EFFORT);
  for (const flag of asArray(body.betas)) {
    if (flag === EFFORT && traits.effort !== 'no') continue;
    if (flag !== INTERLEAVED) dropped.add('betas');
    else if (traits.interleaves === 'flag') flags.add(INTERLEAVED);
    else if (traits.interleaves === 'no' || thinking.manual) dropped.add('betas');
  }
  return [...flags];
}
