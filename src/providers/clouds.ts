import type { Provider } from './types.ts';

/** The shipped providers whose addresses hold a part that is the customer's own. */
export const CLOUDS: readonly Provider[] = [
  {
    id: 'azure',
    name: 'Azure OpenAI',
    // The v1 API: `model` is the name of the deployment, and no api-version is sent.
    // https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle
    baseUrl: 'https://{azure_resource}.openai.azure.com/openai/v1',
    variables: { azure_resource: { env: ['AZURE_RESOURCE_NAME'] } },
    wire: 'openai',
    auth: { kind: 'header', name: 'api-key' },
    env: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
    docs: 'https://learn.microsoft.com/azure/foundry/openai/latest',
  },
  {
    id: 'azure-deployments',
    name: 'Azure OpenAI, dated API',
    baseUrl: 'https://{azure_resource}.openai.azure.com/openai',
    variables: {
      azure_resource: { env: ['AZURE_RESOURCE_NAME'] },
      // The last dated version that is not a preview: https://learn.microsoft.com/azure/ai-services/openai/reference.
      azure_api_version: { env: ['AZURE_OPENAI_API_VERSION'], default: '2024-10-21' },
    },
    wire: 'openai',
    auth: { kind: 'header', name: 'api-key' },
    env: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
    quirks: {
      path: {
        whole: '/deployments/{model}/chat/completions?api-version={azure_api_version}',
        stream: '/deployments/{model}/chat/completions?api-version={azure_api_version}',
      },
    },
    docs: 'https://learn.microsoft.com/azure/ai-services/openai/reference#chat-completions',
  },
  {
    id: 'workers-ai',
    name: 'Cloudflare Workers AI',
    baseUrl: 'https://api.cloudflare.com/client/v4/accounts/{account_id}/ai/v1',
    variables: { account_id: { env: ['CLOUDFLARE_ACCOUNT_ID'] } },
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['CLOUDFLARE_AI_TOKEN', 'CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_API_KEY'],
    docs: 'https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/',
  },
];
