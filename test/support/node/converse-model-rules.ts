import { asArray, asObject, asString, type Json, type JsonObject } from '../../../src/lib/json.ts';

/** Refuses a request unless something holds. */
export type Demand = (holds: unknown, otherwise: string) => void;

/** Of Claude: https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html */
const MIN_BUDGET = 1024;
const INTERLEAVED = 'interleaved-thinking-2025-05-14';
const BETAS = [INTERLEAVED, 'effort-2025-11-24'];
const CLAUDE_FIELDS = ['anthropic_beta', 'output_config', 'thinking', 'top_k'];

/**
 * What the model behind Converse would refuse of a request, by its pages: the fields that are its own
 * (`additionalModelRequestFields`), and what does not go beside them.
 * @param model as it stands in the path.
 */
export function checkModelFields(request: JsonObject, model: string, demand: Demand): void {
  const additional = asObject(request.additionalModelRequestFields) ?? {};
  const names = Object.keys(additional);
  if (model.includes('anthropic.claude')) checkClaude(request, additional, model, demand);
  else if (model.includes('amazon.nova-2')) checkNova(request, additional, demand);
  else {
    const ofOpenAi = model.includes('openai.gpt-oss') ? ['reasoning_effort'] : [];
    demand(
      names.every((name) => ofOpenAi.includes(name)),
      `the model does not know ${names.join()}`,
    );
    const { reasoning_effort: effort } = additional;
    demand(effort === undefined || ['low', 'medium', 'high'].includes(String(effort)), `effort is ${effort}`);
  }
}

function checkClaude(request: JsonObject, additional: JsonObject, model: string, demand: Demand): void {
  const strange = Object.keys(additional).filter((name) => !CLAUDE_FIELDS.includes(name));
  demand(strange.length === 0, `Claude does not know ${strange.join()}`);
  const betas = asArray(additional.anthropic_beta).map(String);
  for (const beta of betas) demand(BETAS.includes(beta), `invalid beta flag ${beta}`);
  const [, major, minor] = /claude-(?:[a-z]+-)?(\d)(?:-(\d)(?!\d))?/.exec(model) ?? [];
  const version = Number(major) + Number(minor ?? 0) / 10;
  const interleaves = version >= 4 && version <= 4.5;
  demand(!betas.includes(INTERLEAVED) || interleaves, 'the model does not think between calls');
  checkResultsFirst(request, demand);
  const thinking = asObject(additional.thinking);
  const effort = asObject(additional.output_config)?.effort;
  const adaptive = version >= 4.6;
  const flagged = model.includes('opus-4-5') && betas.includes('effort-2025-11-24');
  demand(effort === undefined || adaptive || flagged, 'the model does not know an effort');
  if (!thinking || thinking.type === 'disabled') return;
  const { temperature, topP, maxTokens } = asObject(request.inferenceConfig) ?? {};
  demand(temperature === undefined || temperature === 1, `temperature is ${temperature} with thinking`);
  demand(topP === undefined || Number(topP) >= 0.95, `topP is ${topP} with thinking`);
  demand(additional.top_k === undefined, 'there is top_k with thinking');
  const last = asObject(asArray(request.messages).at(-1))?.role;
  demand(last === 'user', 'an answer that is begun cannot be gone on with while thinking');
  if (thinking.type === 'adaptive') {
    demand(adaptive, 'adaptive thinking is not supported on this model');
    return;
  }
  demand(thinking.type === 'enabled' && version >= 3.7 && version <= 4.6, `thinking is ${thinking.type}`);
  const budget = Number(thinking.budget_tokens);
  demand(budget >= MIN_BUDGET, `budget_tokens is ${budget}`);
  demand(betas.includes(INTERLEAVED) || Number(maxTokens) > budget, 'maxTokens is not above budget_tokens');
  const choice = asObject(asObject(request.toolConfig)?.toolChoice);
  demand(!choice?.any && !choice?.tool, 'thinking may not be enabled when tool_choice forces tool use');
  demand(!isLoopWithoutThinking(request), 'expected thinking, but found tool_use');
}

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html */
function checkNova(request: JsonObject, additional: JsonObject, demand: Demand): void {
  const { reasoningConfig, inferenceConfig: _, ...others } = additional;
  demand(Object.keys(others).length === 0, `Nova does not know ${Object.keys(others).join()}`);
  if (reasoningConfig === undefined) return;
  const { type, maxReasoningEffort: effort } = asObject(reasoningConfig) ?? {};
  demand(type === 'enabled' || type === 'disabled', `the type of reasoningConfig is ${type}`);
  demand(
    type === 'disabled' ? effort === undefined : ['low', 'medium', 'high'].includes(String(effort)),
    `maxReasoningEffort is ${effort}`,
  );
  const { maxTokens, temperature, topP } = asObject(request.inferenceConfig) ?? {};
  const unset = [maxTokens, temperature, topP].every((value) => value === undefined);
  demand(effort !== 'high' || unset, 'a limit, temperature or topP with the effort high');
}

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls */
function checkResultsFirst({ messages }: JsonObject, demand: Demand): void {
  for (const message of asArray(messages)) {
    const kinds = blocksOf(message).map((block) => block.toolResult !== undefined);
    const isOther = blocksOf(message).map((block) => !block.toolResult && !block.cachePoint);
    demand(!kinds.some((is, index) => is && isOther.slice(0, index).includes(true)), 'a result is not first');
  }
}

/** Whether the turn that is gone on with called tools and did not begin with thinking. */
function isLoopWithoutThinking({ messages }: JsonObject): boolean {
  const turns = asArray(messages);
  const answers = (index: number): boolean => blocksOf(turns[index]).some(({ toolResult }) => toolResult);
  let first = -1;
  for (let index = turns.length - 1; index > 0 && answers(index); index -= 2) first = index - 1;
  return first >= 0 && blocksOf(turns[first])[0]?.reasoningContent === undefined;
}

function blocksOf(message: Json | undefined): JsonObject[] {
  return asArray(asObject(message)?.content).map((block) => asObject(block) ?? {});
}

/** The model in a path of Converse. */
export function modelIn(path: string): string {
  return decodeURIComponent(asString(/^\/model\/([^/]+)\//.exec(path)?.[1]) ?? '');
}
