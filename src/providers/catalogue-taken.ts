/** Provider of models.dev → our provider id, in the order in which providers stand in the catalogue. */
export const PROVIDERS: Record<string, string> = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'google',
  xai: 'xai',
  mistral: 'mistral',
  deepseek: 'deepseek',
  moonshotai: 'moonshot',
  alibaba: 'alibaba',
  groq: 'groq',
  cerebras: 'cerebras',
  deepinfra: 'deepinfra',
  togetherai: 'together',
  'fireworks-ai': 'fireworks',
  nebius: 'nebius',
  cohere: 'cohere',
  'cloudflare-workers-ai': 'workers-ai',
  azure: 'azure',
  'google-vertex': 'vertex',
  'amazon-bedrock': 'bedrock',
  openrouter: 'openrouter',
};

/** Models that their cloud serves by another API, and so by another provider of ours. */
const ELSEWHERE: Record<string, [names: RegExp, provider: string]> = {
  'google-vertex': [/^claude-/, 'vertex-anthropic'],
  'amazon-bedrock': [/^openai\.gpt-oss-\d+b-\d+:\d+$/, 'bedrock-openai'],
};

/** All our providers that models are taken of. */
export const TAKEN_PROVIDERS: readonly string[] = [
  ...Object.values(PROVIDERS),
  ...Object.values(ELSEWHERE).map(([, provider]) => provider),
];

/** Our provider that serves a model of models.dev. */
export function providerOf(theirs: string, id: string): string {
  const [names, provider] = ELSEWHERE[theirs] ?? [];
  return names?.test(id) && provider !== undefined ? provider : (PROVIDERS[theirs] ?? theirs);
}

/** Providers of whose models only some are taken, by models.dev's name. */
const ONLY: Record<string, RegExp> = {
  // Claude by the profiles that are called from any commercial region; what is called from regions of the USA
  // alone, by the profile where there must be one. Other profiles hold for the regions they name, at other prices.
  // https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
  bedrock: /^(global\.anthropic\.claude-|amazon\.nova-(lite|micro|pro)-|us\.(meta\.llama4|deepseek\.r1)-)/,
  'bedrock-openai': /^openai\.gpt-oss-(20|120)b-1:0$/,
  // Gemini for chat, the same everywhere. Embeddings are asked for in another way there, and others' models have
  // another API.
  vertex: /^gemini-[\d.]+-(flash|flash-lite|pro)(-preview)?$/,
  // OpenAI's models for chat and embeddings:
  // https://learn.microsoft.com/azure/foundry/openai/concepts/models-sold-directly-by-azure.
  azure:
    /^(gpt-(4o|4\.1|5(\.\d)?)(-(chat|mini|nano))?|gpt-5(\.\d)?-(codex(-max|-mini)?|pro)|o1|o3|o3-mini|o4-mini|text-embedding-(3-(large|small)|ada-002))$/,
  // The rest has no price.
  cohere: /^command-/,
};

/** Left out, by our provider id and the name at models.dev. */
export const LEFT_OUT: ReadonlySet<string> = new Set([
  // OpenRouter's deepseek-chat is V3 of 2024, while DeepSeek's own of that name moves with its newest model;
  // models.dev takes one for the other.
  'openrouter:deepseek/deepseek-chat',
  // Its price at models.dev lacks audio and has cache writes, which Google does not charge for.
  'vertex:gemini-2.5-flash',
  // Its cached input is that of GPT-5.1 at models.dev.
  'azure:gpt-5.2',
  // Routers, not models: what they answer with and what it costs is not known beforehand.
  'openrouter:openrouter/auto',
  'openrouter:openrouter/bodybuilder',
  'openrouter:openrouter/free',
  'openrouter:openrouter/fusion',
  'openrouter:openrouter/pareto-code',
  'openrouter:switchpoint/router',
]);

/** Whether a model of models.dev is taken, by our provider id and the name at models.dev. */
export function isTaken(provider: string, id: string): boolean {
  return !LEFT_OUT.has(`${provider}:${id}`) && (ONLY[provider]?.test(id) ?? true);
}

/** Where alone an endpoint answers, at the price of models.dev: by provider, and the name there. */
const REGIONS: Record<string, [names: RegExp, regions: readonly string[]][]> = {
  bedrock: [
    // https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-supported.html has the regions of both.
    [/^amazon\.nova-/, ['us-east-1']],
    [/^us\./, ['us-east-1', 'us-east-2', 'us-west-2']],
  ],
  // A region costs a tenth more than `global`:
  // https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai#global-vs-regional-endpoints.
  'vertex-anthropic': [[/^/, ['global']]],
};

/** The regions that an endpoint of the catalogue is restricted to; undefined where it is to none. */
export function regionsOf(provider: string, upstream: string): string[] | undefined {
  const found = REGIONS[provider]?.find(([names]) => names.test(upstream));
  return found && [...found[1]];
}

/**
 * Where an hour of cache costs twice the input, which models.dev does not have:
 * https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching#pricing. AWS and Google publish no such rule
 * for what they serve, so that their rate is not known and the one for five minutes is charged.
 */
export const LONG_CACHE: ReadonlySet<string> = new Set(['anthropic']);
