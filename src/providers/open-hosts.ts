import type { Provider } from './types.ts';

/** Shipped providers that serve open models of others alone; a part of providers/catalog.ts. */
export const OPEN_HOSTS: readonly Provider[] = [
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
];
