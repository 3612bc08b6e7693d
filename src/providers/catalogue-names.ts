import type { WireId } from '../wires/types.ts';

/** Resells what others host: its endpoints come last, whatever their price. */
export const RESELLER = 'openrouter';

/** The provider that a vendor serves its own models with, and its vendor name. */
export const FIRST_PARTY: Record<string, string> = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'google',
  xai: 'x-ai',
  mistral: 'mistralai',
  deepseek: 'deepseek',
  moonshot: 'moonshotai',
  alibaba: 'qwen',
  groq: 'groq',
  cohere: 'cohere',
  'cohere-embed': 'cohere',
  voyage: 'voyageai',
};

/** Spellings of a vendor → the one of OpenRouter, which canonical ids use. */
const VENDORS: Record<string, string> = {
  alibaba: 'qwen',
  'deepseek-ai': 'deepseek',
  liquidai: 'liquid',
  meta: 'meta-llama',
  minimaxai: 'minimax',
  mistral: 'mistralai',
  moonshot: 'moonshotai',
  xai: 'x-ai',
  xiaomimimo: 'xiaomi',
  zai: 'z-ai',
  'zai-org': 'z-ai',
  zhipuai: 'z-ai',
};

/** Hosts that name models without a vendor: the vendor by the beginning of the name. */
const BEGINNINGS: [string, string][] = [
  ['claude-', 'anthropic'],
  ['deepseek-', 'deepseek'],
  ['gemini-', 'google'],
  ['glm-', 'z-ai'],
  ['gpt-oss-', 'openai'],
  ['kimi-', 'moonshotai'],
  ['llama-', 'meta-llama'],
  ['minimax-', 'minimax'],
  ['qwen', 'qwen'],
  ['whisper-', 'openai'],
];

/** Clouds of which one vendor's models are taken, by names without the vendor. */
const ONE_VENDOR: Record<string, string> = { azure: 'openai', 'vertex-anthropic': 'anthropic' };

/** Names that models.dev spells otherwise than the provider's API does. */
export function upstreamName(provider: string, id: string): string {
  // https://www.alibabacloud.com/help/en/model-studio/models: qwen2.5-72b-instruct.
  return provider === 'alibaba' ? id.replace(/^qwen2-5-/, 'qwen2.5-') : id;
}

/**
 * The same model under another name, `provider:upstream id in lower case` or for any provider
 * `vendor/name`. Only what its vendor or host says is the same; everything else stays apart.
 */
const SAME: Record<string, string> = {
  // Aliases that stand for one dated snapshot each: https://docs.anthropic.com/en/docs/about-claude/models
  'anthropic/claude-opus-4-0': 'anthropic/claude-opus-4',
  'anthropic/claude-sonnet-4-0': 'anthropic/claude-sonnet-4',
  // https://console.groq.com/docs/models links both to Meta's instruct weights.
  'groq:llama-3.1-8b-instant': 'meta-llama/llama-3.1-8b-instruct',
  'groq:llama-3.3-70b-versatile': 'meta-llama/llama-3.3-70b-instruct',
  'cerebras:zai-glm-4.7': 'z-ai/glm-4.7',
  // Meta publishes one instruct model each; the FP8 weights of Maverick are Meta's own.
  'meta-llama/llama-4-scout-17b-16e-instruct': 'meta-llama/llama-4-scout',
  'meta-llama/llama-4-maverick-17b-128e-instruct-fp8': 'meta-llama/llama-4-maverick',
  // https://docs.mistral.ai/getting-started/models/: the version numbers of these dated names.
  'openrouter:mistralai/mistral-medium-3': 'mistralai/mistral-medium-2505',
  'openrouter:mistralai/mistral-medium-3.1': 'mistralai/mistral-medium-2508',
  'openrouter:mistralai/mistral-medium-3-5': 'mistralai/mistral-medium-2604',
  'openrouter:mistralai/mistral-small-3.2-24b-instruct': 'mistralai/mistral-small-2506',
  'openrouter:moonshotai/kimi-k2': 'moonshotai/kimi-k2-0711-preview',
  'openrouter:moonshotai/kimi-k2-0905': 'moonshotai/kimi-k2-0905-preview',
  // https://openrouter.ai/openai/gpt-5.1-chat and its like: the chat models that OpenAI names `-latest`.
  'openrouter:openai/gpt-5-chat': 'openai/gpt-5-chat-latest',
  'openrouter:openai/gpt-5.1-chat': 'openai/gpt-5.1-chat-latest',
  'openrouter:openai/gpt-5.2-chat': 'openai/gpt-5.2-chat-latest',
  'openrouter:openai/gpt-5.3-chat': 'openai/gpt-5.3-chat-latest',
  'openrouter:qwen/qwen3-coder': 'qwen/qwen3-coder-480b-a35b-instruct',
  'openrouter:qwen/qwen-2.5-72b-instruct': 'qwen/qwen2.5-72b-instruct',
  'openrouter:qwen/qwen-2.5-7b-instruct': 'qwen/qwen2.5-7b-instruct',
  'together:liquidai/lfm2-24b-a2b': 'liquid/lfm-2-24b-a2b',
  // https://docs.cohere.com/docs/command-a
  'cohere:command-a-03-2025': 'cohere/command-a',
  // https://openrouter.ai/qwen/qwen3-235b-a22b-2507 and https://openrouter.ai/qwen/qwen-2.5-coder-32b-instruct
  // link the weights of these names.
  'nebius:qwen/qwen3-235b-a22b-instruct-2507': 'qwen/qwen3-235b-a22b-2507',
  'workers-ai:@cf/qwen/qwen2.5-coder-32b-instruct': 'qwen/qwen-2.5-coder-32b-instruct',
  // `base_model` of models.dev says so, and NVIDIA has one model of each size.
  'nebius:nvidia/llama-3_1-nemotron-ultra-253b-v1': 'nvidia/llama-3.1-nemotron-ultra-253b-v1',
  'nebius:nvidia/nvidia-nemotron-3-nano-30b-a3b': 'nvidia/nemotron-3-nano-30b-a3b',
  'nebius:nvidia/nemotron-3-nano-omni': 'nvidia/nemotron-3-nano-omni-30b-a3b-reasoning',
  'workers-ai:@cf/nvidia/nemotron-3-120b-a12b': 'nvidia/nemotron-3-super-120b-a12b',
  // https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html names them in full.
  'bedrock:amazon.nova-lite-v1:0': 'amazon/nova-lite-v1',
  'bedrock:amazon.nova-micro-v1:0': 'amazon/nova-micro-v1',
  'bedrock:amazon.nova-pro-v1:0': 'amazon/nova-pro-v1',
  'bedrock:us.deepseek.r1-v1:0': 'deepseek/deepseek-r1',
  'bedrock:us.meta.llama4-maverick-17b-instruct-v1:0': 'meta-llama/llama-4-maverick',
  'bedrock:us.meta.llama4-scout-17b-instruct-v1:0': 'meta-llama/llama-4-scout',
  // https://learn.microsoft.com/azure/foundry/openai/concepts/models-sold-directly-by-azure: `gpt-5-chat` is what
  // OpenAI names `gpt-5-chat-latest`, and so are its successors.
  'azure:gpt-5-chat': 'openai/gpt-5-chat-latest',
  'azure:gpt-5.1-chat': 'openai/gpt-5.1-chat-latest',
  'azure:gpt-5.2-chat': 'openai/gpt-5.2-chat-latest',
  'azure:gpt-5.3-chat': 'openai/gpt-5.3-chat-latest',
};

/**
 * The canonical id of a provider's model. Dots and dashes are kept as the provider writes them;
 * `keyOf` of two ids tells whether they are one model.
 */
export function canonicalId(provider: string, upstream: string): string {
  const lower = upstream.toLowerCase();
  const name = plainName(provider, lower);
  const [vendor, rest] = name.includes('/')
    ? [name.slice(0, name.indexOf('/')), name.slice(name.indexOf('/') + 1)]
    : [FIRST_PARTY[provider] ?? ONE_VENDOR[provider] ?? 'unknown', name];
  const owner = name.includes('/') ? vendor : (ownerOf(name, provider) ?? vendor);
  const canonicalVendor = VENDORS[owner] ?? owner;
  // A dated name of Anthropic's is the one snapshot that the undated name stands for.
  const plain = canonicalVendor === 'anthropic' ? rest.replace(/-20\d{6}$/, '') : rest;
  const id = `${canonicalVendor}/${plain}`;
  return SAME[`${provider}:${lower}`] ?? SAME[id] ?? id;
}

/** The name without what the host puts around it. */
function plainName(provider: string, lower: string): string {
  // Bedrock: the profile, the vendor with a dot, and the version of the deployment.
  if (provider === 'bedrock' || provider === 'bedrock-openai') {
    return lower
      .replace(/^(global|us)\./, '')
      .replace(/-(v\d+(:\d+)?|\d+:\d+)$/, '')
      .replace('.', '/');
  }
  // Vertex AI: the snapshot, or that there is none.
  if (provider === 'vertex-anthropic') return lower.replace(/@default$/, '').replace('@', '-');
  const name = lower.replace(/^@cf\//, '').replace(/^accounts\/fireworks\/(models|routers)\//, '');
  // Fireworks writes glm-5p1 for GLM-5.1.
  return lower.startsWith('accounts/') ? name.replace(/(\d)p(\d)/g, '$1.$2') : name;
}

/** Hosts of others' models name no vendor; a vendor's own API needs none. */
function ownerOf(name: string, provider: string): string | undefined {
  if (ONE_VENDOR[provider] !== undefined) return undefined;
  if (FIRST_PARTY[provider] !== undefined && provider !== 'groq') return undefined;
  return BEGINNINGS.find(([beginning]) => name.startsWith(beginning))?.[1];
}

/** Equal for ids of one model: vendors in one spelling, dots as dashes. */
export function keyOf(id: string): string {
  const lower = id.toLowerCase();
  const slash = lower.indexOf('/');
  const vendor = lower.slice(0, slash);
  return `${VENDORS[vendor] ?? vendor}/${lower.slice(slash + 1)}`.replaceAll('.', '-');
}

/** Other spellings of the vendor that users write before this vendor's models. */
export function vendorSpellings(vendor: string): string[] {
  const provider = Object.keys(FIRST_PARTY).find((id) => FIRST_PARTY[id] === vendor);
  const spellings = provider !== undefined && provider !== vendor ? [provider] : [];
  return vendor === 'meta-llama' ? ['meta'] : spellings;
}

/** The base of the catalogue: https://github.com/sst/models.dev#api. Public. */
export const BASE_CATALOGUE = 'https://models.dev/api.json';

/** Providers whose own list of models names prices, and needs no key; the reseller's is one more. */
export const PRICED_LISTS: ReadonlySet<string> = new Set(['deepinfra']);

/**
 * Where a wire lists the models that a credential may call, whole in one page:
 * https://platform.claude.com/docs/en/api/models/list and https://ai.google.dev/api/models#method:-models.list.
 */
export const LIST_PATHS: Partial<Record<WireId, string>> = {
  openai: '/models',
  anthropic: '/models?limit=1000',
  google: '/models?pageSize=1000',
};

/** Providers without a list of their own that could be held against the base. */
export const NO_OWN_LIST: ReadonlySet<string> = new Set([
  // Out of date and incomplete, where it answers: https://github.com/SillyTavern/SillyTavern/pull/5831.
  'fireworks',
  // None is documented beside what is called: https://docs.cohere.com/docs/compatibility-api,
  // https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/ and Vertex AI's page on inference.
  'cohere',
  'workers-ai',
  'vertex',
  'vertex-anthropic',
  // Azure's has what could be deployed, not what is: https://learn.microsoft.com/azure/foundry/openai/latest.
  'azure',
  // Bedrock lists models at another service, which the keys of this one do not open:
  // https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html.
  'bedrock-openai',
]);

/** The provider in OpenRouter's `tag` of an endpoint, as in `deepinfra/fp8`, where it is not our id. */
const TAGS: Record<string, string> = {
  'amazon-bedrock': 'bedrock',
  cloudflare: 'workers-ai',
  'google-ai-studio': 'google',
  'google-vertex': 'vertex',
  moonshotai: 'moonshot',
};

/** Our id of the provider that an endpoint's tag names. */
export function providerOfTag(tag: string): string {
  const name = tag.split('/')[0] ?? tag;
  return TAGS[name] ?? name;
}
