import type { Provider } from './types.ts';

/** Models that were taught texts and no conversations, as far as their names tell. */
const BASE_MODELS = ['*-base'] as const;

/** Shipped providers that host the open models of others. */
export const OPEN_MODEL_HOSTS: readonly Provider[] = [
  {
    id: 'groq',
    name: 'Groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['GROQ_API_KEY'],
    // "will result in a 400 error if they are supplied": https://console.groq.com/docs/openai.
    quirks: { drop: ['logprobs', 'top_logprobs', 'logit_bias'] },
    docs: 'https://console.groq.com/docs/api-reference#chat',
  },
  {
    id: 'cerebras',
    name: 'Cerebras',
    baseUrl: 'https://api.cerebras.ai/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['CEREBRAS_API_KEY'],
    quirks: {
      // https://inference-docs.cerebras.ai/resources/openai: these are answered with 400, and `developer` is
      // known to one model only, where it means what `system` does.
      drop: ['frequency_penalty', 'presence_penalty', 'logit_bias'],
      developerRole: 'system',
    },
    docs: 'https://inference-docs.cerebras.ai/api-reference/chat-completions',
  },
  {
    id: 'deepinfra',
    name: 'DeepInfra',
    baseUrl: 'https://api.deepinfra.com/v1/openai',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['DEEPINFRA_API_KEY', 'DEEPINFRA_TOKEN'],
    // "Input should be 'system', 'user', 'assistant', or 'tool'": https://github.com/earendil-works/pi/pull/1578.
    // More than 1024 inputs are refused: https://github.com/langchain-ai/langchain/issues/21188.
    // `DEEPINFRA_API_BASE` of https://v03.api.js.langchain.com/variables/_langchain_community.llms_deepinfra.DEEPINFRA_API_BASE.html
    // is its `/completions`.
    quirks: {
      developerRole: 'system',
      embedding: { batch: 1024 },
      completions: { models: BASE_MODELS },
    },
    docs: 'https://deepinfra.com/docs/advanced/openai_api',
  },
  {
    id: 'together',
    name: 'Together AI',
    baseUrl: 'https://api.together.xyz/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['TOGETHER_API_KEY'],
    // https://docs.together.ai/reference/chat-completions-1 has `max_tokens`, and no role `developer`.
    // Pictures: `width`, `height`; `url`, `base64`: https://docs.together.ai/reference/post-images-generations.
    // https://docs.together.ai/reference/completions-1 names these models for completions.
    quirks: {
      rename: { max_completion_tokens: 'max_tokens' },
      developerRole: 'system',
      image: { format: 'base64', size: 'width_height' },
      completions: {
        models: [
          ...BASE_MODELS,
          'meta-llama/Llama-2-70b-hf',
          'mistralai/Mistral-7B-v0.1',
          'mistralai/Mixtral-8x7B-v0.1',
        ],
      },
    },
    docs: 'https://docs.together.ai/reference/chat-completions-1',
  },
  {
    id: 'fireworks',
    name: 'Fireworks AI',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['FIREWORKS_API_KEY'],
    // "Streaming responses include usage in the final chunk":
    // https://docs.fireworks.ai/tools-sdks/migrate-to-fireworks.
    // "Base models (non-instruct/non-chat variants)": https://docs.fireworks.ai/guides/completions-api.
    quirks: { streamUsage: 'always', completions: { models: BASE_MODELS } },
    docs: 'https://docs.fireworks.ai/api-reference/post-chatcompletions',
  },
];
