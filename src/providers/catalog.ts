import { CLOUDS } from './clouds.ts';
import { DATA_POLICIES } from './data-policies.ts';
import { EMBEDDERS } from './embedders.ts';
import { JSON_CONSTRAINED } from './json-constrained.ts';
import { OPEN_MODEL_HOSTS } from './open-model-hosts.ts';
import { COMPLETES } from './served-apis.ts';
import { SOUND } from './sound.ts';
import type { Provider } from './types.ts';

/**
 * The shipped providers, one object each. A provider with a known wire is added here and nowhere else.
 * What deviates from the wire is a quirk with its source; what is not documented is left to the host.
 */
const PROVIDERS: readonly Provider[] = [
  {
    id: 'openai',
    name: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['OPENAI_API_KEY'],
    quirks: {
      // "Array dimensions must be 2048 or less", "a maximum of 300,000 tokens summed across all inputs":
      // https://platform.openai.com/docs/api-reference/embeddings/create#embeddings-create-input.
      embedding: { batch: 2048, batchTokens: 300_000 },
      // https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items. These models' own pages name
      // chat completions alone: https://platform.openai.com/docs/models.
      responses: { sealsReasoning: true, except: ['*-search-preview*', '*-audio*'] },
      // https://platform.openai.com/docs/api-reference/completions/create#completions-create-model names these.
      completions: { models: COMPLETES },
    },
    docs: 'https://platform.openai.com/docs/api-reference/chat',
  },
  {
    id: 'anthropic',
    name: 'Anthropic',
    baseUrl: 'https://api.anthropic.com/v1',
    wire: 'anthropic',
    auth: { kind: 'header', name: 'x-api-key' },
    headers: { 'anthropic-version': '2023-06-01' },
    env: ['ANTHROPIC_API_KEY'],
    docs: 'https://docs.anthropic.com/en/api/messages',
  },
  {
    id: 'google',
    name: 'Google',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    wire: 'google',
    auth: { kind: 'header', name: 'x-goog-api-key' },
    env: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
    // "at most 100 requests can be in one batch": https://github.com/langchain-ai/langchainjs/issues/4491.
    quirks: { embedding: { batch: 100 } },
    docs: 'https://ai.google.dev/api/generate-content',
  },
  {
    id: 'xai',
    name: 'xAI',
    baseUrl: 'https://api.x.ai/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['XAI_API_KEY'],
    quirks: {
      // Usage as sent: completion_tokens 1, reasoning_tokens 228, total_tokens 241 for a prompt of 12; also
      // https://docs.x.ai/docs/guides/reasoning and Google's page on Grok at Vertex AI say so.
      reasoningOutsideCompletion: true,
      // "Argument not supported: size", nor `style`: https://docs.x.ai/docs/api-reference#image-generations.
      image: { drop: ['size', 'style'] },
      // https://docs.x.ai/developers/model-capabilities/text/comparison
      responses: { sealsReasoning: true },
    },
    docs: 'https://docs.x.ai/docs/api-reference#chat-completions',
  },
  {
    id: 'mistral',
    name: 'Mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['MISTRAL_API_KEY'],
    quirks: {
      // https://docs.mistral.ai/api/#tag/chat has `max_tokens` and `random_seed`. Other names are refused
      // with 422 `extra_forbidden`: https://github.com/editor-code-assistant/eca/issues/231.
      rename: { max_completion_tokens: 'max_tokens', seed: 'random_seed' },
      drop: ['logit_bias', 'logprobs', 'top_logprobs', 'user', 'store', 'service_tier', 'verbosity'],
      // The last chunk carries usage, asked for or not.
      streamUsage: 'always',
      developerRole: 'system',
      // `prefix` of AssistantMessage: "force the model to start its answer by the content of the message".
      prefill: { mark: 'prefix' },
      moderation: { input: 'text' }, // https://docs.mistral.ai/api/#tag/classifiers
    },
    docs: 'https://docs.mistral.ai/api/#tag/chat',
  },
  {
    id: 'deepseek',
    name: 'DeepSeek',
    baseUrl: 'https://api.deepseek.com',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['DEEPSEEK_API_KEY'],
    quirks: {
      // https://api-docs.deepseek.com/api/create-chat-completion names none of these, `max_tokens` alone.
      rename: { max_completion_tokens: 'max_tokens' },
      drop: ['n', 'seed', 'logit_bias'],
      // "unknown variant `developer`": https://github.com/bramses/chatgpt-md/issues/189.
      developerRole: 'system',
      // https://api-docs.deepseek.com/guides/chat_prefix_completion: at the beta path alone.
      prefill: { mark: 'prefix', path: '/beta/chat/completions' },
      // https://api-docs.deepseek.com/guides/responses_api: reasoning is open there.
      responses: {},
      // https://api-docs.deepseek.com/guides/fim_completion: at the beta path alone, by models of chat.
      completions: { path: '/beta/completions', models: [], insert: ['deepseek-chat', 'deepseek-v4-pro'] },
    },
    docs: 'https://api-docs.deepseek.com/api/create-chat-completion',
  },
  {
    id: 'moonshot',
    name: 'Moonshot AI',
    baseUrl: 'https://api.moonshot.ai/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['MOONSHOT_API_KEY'],
    quirks: {
      // Roles are system, user, assistant and tool: https://github.com/openclaw/openclaw/issues/8579.
      developerRole: 'system',
      // https://platform.kimi.ai/docs/guide/use-partial-mode-feature-of-kimi-api
      prefill: { mark: 'partial' },
    },
    docs: 'https://platform.moonshot.ai/docs/api/chat',
  },
  {
    id: 'alibaba',
    name: 'Alibaba Cloud Model Studio',
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['DASHSCOPE_API_KEY'],
    quirks: {
      // "developer is not one of ['system', 'assistant', 'user', 'tool', 'function']":
      // https://github.com/OpenCoworkAI/open-codesign/issues/183.
      developerRole: 'system',
      // https://www.alibabacloud.com/help/en/model-studio/partial-mode
      prefill: { mark: 'partial' },
      // "batch size is invalid, it should not be larger than 10": https://github.com/memodb-io/memobase/issues/142.
      embedding: { batch: 10 },
    },
    docs: 'https://www.alibabacloud.com/help/en/model-studio/use-qwen-by-calling-api',
  },
  ...OPEN_MODEL_HOSTS,
  {
    id: 'openrouter',
    name: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['OPENROUTER_API_KEY'],
    quirks: {
      // https://openrouter.ai/docs/use-cases/reasoning-tokens
      reasoningObject: true,
      // https://openrouter.ai/docs/api-reference/responses/overview: it stores nothing.
      responses: { sealsReasoning: true },
    },
    docs: 'https://openrouter.ai/docs/api-reference/chat-completion',
  },
  {
    id: 'cohere',
    name: 'Cohere',
    baseUrl: 'https://api.cohere.ai/compatibility/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['COHERE_API_KEY', 'CO_API_KEY'],
    quirks: {
      // https://docs.cohere.com/docs/compatibility-api lists what it takes, `max_tokens` alone among it, and
      // these as unsupported. Its examples have the role `developer`.
      rename: { max_completion_tokens: 'max_tokens' },
      drop: [
        'store',
        'metadata',
        'logit_bias',
        'top_logprobs',
        'n',
        'modalities',
        'prediction',
        'audio',
        'service_tier',
        'parallel_tool_calls',
      ],
    },
    docs: 'https://docs.cohere.com/docs/compatibility-api',
  },
  ...EMBEDDERS,
  {
    id: 'perplexity',
    name: 'Perplexity',
    baseUrl: 'https://api.perplexity.ai',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['PERPLEXITY_API_KEY', 'PPLX_API_KEY'],
    quirks: {
      // https://docs.perplexity.ai/guides/chat-completions-guide has `max_tokens` alone. Every chunk of its
      // recorded streams carries usage, asked for or not. Roles are system, user and assistant:
      // https://reference.langchain.com/javascript/types/_langchain_community.chat_models_perplexity.PerplexityRole.html.
      rename: { max_completion_tokens: 'max_tokens' },
      streamUsage: 'always',
      developerRole: 'system',
    },
    docs: 'https://docs.perplexity.ai/docs/sonar/openai-compatibility',
  },
  {
    id: 'nebius',
    name: 'Nebius Token Factory',
    baseUrl: 'https://api.tokenfactory.nebius.com/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['NEBIUS_API_KEY'],
    docs: 'https://docs.tokenfactory.nebius.com/api-reference/introduction',
  },
  {
    id: 'huggingface',
    name: 'Hugging Face Inference Providers',
    // Routes by itself; `model:provider` as the upstream model chooses one.
    baseUrl: 'https://router.huggingface.co/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['HF_TOKEN', 'HUGGINGFACE_API_KEY'],
    // The recorded requests of its clients have `max_tokens`, as does https://huggingface.co/docs/inference-providers/tasks/chat-completion.
    quirks: { rename: { max_completion_tokens: 'max_tokens' } },
    docs: 'https://huggingface.co/docs/inference-providers/index',
  },
  {
    id: 'zai',
    name: 'Z.ai',
    baseUrl: 'https://api.z.ai/api/paas/v4',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['ZAI_API_KEY'],
    quirks: {
      // The role `developer` is answered with 1214: https://github.com/openclaw/openclaw/issues/23115.
      // "GLM only supports max_tokens", and neither penalty: https://java.agentscope.io/v2/en/integration/model/glm.
      rename: { max_completion_tokens: 'max_tokens' },
      drop: ['frequency_penalty', 'presence_penalty'],
      developerRole: 'system',
    },
    docs: 'https://docs.z.ai/api-reference/llm/chat-completion',
  },
  ...CLOUDS,
];

/** The shipped providers by id, in the order in which they are listed. */
export const SHIPPED_PROVIDERS: ReadonlyMap<string, Provider> = new Map(
  PROVIDERS.map((provider) => {
    const [dataPolicy, constrainsJson] = [DATA_POLICIES[provider.id], JSON_CONSTRAINED[provider.id]];
    const sound = SOUND[provider.id];
    return [
      provider.id,
      {
        ...provider,
        ...(sound && { quirks: { ...provider.quirks, ...sound } }),
        ...(dataPolicy && { dataPolicy }),
        ...(constrainsJson && { constrainsJson }),
      },
    ];
  }),
);
