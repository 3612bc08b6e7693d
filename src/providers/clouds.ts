import type { Provider, Variable } from './types.ts';

const VERTEX =
  'https://{google_prefix}aiplatform.googleapis.com/v1/projects/{google_project}/locations/{google_location}';

const VERTEX_VARIABLES: Readonly<Record<string, Variable>> = {
  google_project: { env: ['GOOGLE_CLOUD_PROJECT'], secretField: 'project_id' },
  google_location: { env: ['GOOGLE_CLOUD_LOCATION'], default: 'global', isRegion: true },
  google_prefix: {
    env: ['GOOGLE_CLOUD_LOCATION'],
    default: 'global',
    write: { except: { global: '' }, otherwise: '*-' },
  },
};

const VERTEX_SECRETS = ['GOOGLE_SERVICE_ACCOUNT', 'GOOGLE_APPLICATION_CREDENTIALS_JSON'];

const AWS_VARIABLES: Readonly<Record<string, Variable>> = {
  aws_region: { env: ['AWS_REGION', 'AWS_DEFAULT_REGION'], default: 'us-east-1', isRegion: true },
};

const AWS_SECRETS = ['AWS_BEARER_TOKEN_BEDROCK', 'AWS_CREDENTIALS'];

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
    quirks: {
      // https://learn.microsoft.com/azure/foundry/openai/latest#create-embedding
      embedding: { batch: 2048, batchTokens: 300_000 },
      // https://learn.microsoft.com/azure/foundry/openai/how-to/responses
      responses: { sealsReasoning: true },
    },
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
      // https://learn.microsoft.com/azure/ai-services/openai/reference#embeddings has the same limit as OpenAI.
      embedding: {
        path: '/deployments/{model}/embeddings?api-version={azure_api_version}',
        batch: 2048,
        batchTokens: 300_000,
      },
      image: { path: '/deployments/{model}/images/generations?api-version={azure_api_version}' },
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
    // Over 100 inputs are refused: https://github.com/cloudflare/cloudflare-docs/issues/11316.
    quirks: { embedding: { batch: 100 } },
    docs: 'https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/',
  },
  {
    id: 'vertex',
    name: 'Google Vertex AI',
    // Gemini's own wire; `global` has no prefix, a region stands before the host too:
    // https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference.
    baseUrl: `${VERTEX}/publishers/google`,
    variables: VERTEX_VARIABLES,
    wire: 'google',
    auth: { kind: 'google-service-account' },
    env: VERTEX_SECRETS,
    // "Unknown name "id" at 'contents[1].parts[0].function_call'": https://github.com/vercel/ai/issues/15664.
    quirks: { callIds: 'none' },
    docs: 'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference',
  },
  {
    id: 'vertex-anthropic',
    name: 'Claude on Google Vertex AI',
    baseUrl: `${VERTEX}/publishers/anthropic`,
    variables: VERTEX_VARIABLES,
    wire: 'anthropic',
    auth: { kind: 'google-service-account' },
    env: VERTEX_SECRETS,
    quirks: {
      // "model is not passed in the request body" and "anthropic_version is passed in the request body (rather
      // than as a header)": https://platform.claude.com/docs/en/api/claude-on-vertex-ai.
      path: { whole: '/models/{model}:rawPredict', stream: '/models/{model}:streamRawPredict' },
      add: { anthropic_version: 'vertex-2023-10-16' },
    },
    docs: 'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude',
  },
  {
    id: 'bedrock',
    name: 'Amazon Bedrock',
    // Converse reaches every model of Bedrock that takes messages; its OpenAI-compatible endpoint, below, only some.
    baseUrl: 'https://bedrock-runtime.{aws_region}.amazonaws.com',
    variables: AWS_VARIABLES,
    wire: 'bedrock',
    auth: { kind: 'aws-sigv4', service: 'bedrock' },
    env: AWS_SECRETS,
    docs: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
  },
  {
    id: 'bedrock-openai',
    name: 'Amazon Bedrock, OpenAI-compatible',
    baseUrl: 'https://bedrock-runtime.{aws_region}.amazonaws.com/openai/v1',
    variables: AWS_VARIABLES,
    wire: 'openai',
    auth: { kind: 'aws-sigv4', service: 'bedrock' },
    env: AWS_SECRETS,
    docs: 'https://docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html',
  },
];
