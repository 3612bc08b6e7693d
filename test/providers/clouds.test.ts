import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import type { Env } from '../../src/env.ts';
import { asObject, parseJson } from '../../src/lib/json.ts';
import { SHIPPED_PROVIDERS } from '../../src/providers/catalog.ts';
import { fillIn } from '../../src/providers/variables.ts';
import { wires } from '../../src/wires/index.ts';
import { requestOf } from '../wires/openai/support.ts';

const REQUEST = '{"model":"m","messages":[{"role":"user","content":"Hi"}],"max_tokens":5}';

/** What a provider is sent for a model, with these variables and this secret. */
function sent(
  id: string,
  upstreamModel: string,
  variables: Record<string, string>,
  {
    stream = false,
    secret = null,
    request = REQUEST,
  }: { stream?: boolean; secret?: string | null; request?: string } = {},
): { url: string; body: Record<string, unknown> } {
  const provider = SHIPPED_PROVIDERS.get(id);
  const codec = provider && wires[provider.wire].chat;
  if (!codec) throw new Error(`${id} is not shipped`);
  const quirks = provider.quirks ?? {};
  const target = { upstreamModel, maxOutputTokens: null, capabilities: {}, quirks };
  const { path, body } = codec.encode(requestOf(request, { stream }), target);
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const url = fillIn(provider.baseUrl + path, { ...(env as unknown as Env), ...variables }, secret);
  return { url, body: asObject(parseJson(text)) ?? {} };
}

test('Azure takes the deployment as the model', () => {
  const { url, body } = sent('azure', 'our-gpt', { AZURE_RESOURCE_NAME: 'acme' });
  expect(url).toBe('https://acme.openai.azure.com/openai/v1/chat/completions');
  expect(body.model).toBe('our-gpt');
});

test('its dated API has the deployment and the version in the address', () => {
  const { url, body } = sent(
    'azure-deployments',
    'our-gpt',
    { AZURE_RESOURCE_NAME: 'acme' },
    { stream: true },
  );
  expect(url).toBe(
    'https://acme.openai.azure.com/openai/deployments/our-gpt/chat/completions?api-version=2024-10-21',
  );
  expect(body).not.toHaveProperty('model');
});

test('Workers AI has the account in the address', () => {
  const { url, body } = sent('workers-ai', '@cf/meta/llama-3.1-8b-instruct', { CLOUDFLARE_ACCOUNT_ID: 'a1' });
  expect(url).toBe('https://api.cloudflare.com/client/v4/accounts/a1/ai/v1/chat/completions');
  expect(body.model).toBe('@cf/meta/llama-3.1-8b-instruct');
});

test('Gemini on Vertex has Gemini’s own wire, the secret’s project, and `global` where nothing else is said', () => {
  const secret = JSON.stringify({ project_id: 'acme-1' });
  const whole = sent('vertex', 'gemini-2.5-pro', { GOOGLE_CLOUD_PROJECT: 'other' }, { secret });
  expect(whole.url).toBe(
    'https://aiplatform.googleapis.com/v1/projects/acme-1/locations/global/publishers/google/models/gemini-2.5-pro:generateContent',
  );
  expect(whole.body.contents).toEqual([{ role: 'user', parts: [{ text: 'Hi' }] }]);
});

test('Vertex refuses the ids of calls, which Gemini’s own API takes', () => {
  const request = JSON.stringify({
    model: 'm',
    messages: [
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'fine' },
    ],
  });
  const parts = (id: string) => {
    const variables = { GOOGLE_CLOUD_PROJECT: 'acme-1' };
    const { contents } = sent(id, 'gemini-2.5-pro', variables, { request }).body;
    return (contents as { parts: object[] }[]).slice(1).flatMap((content) => content.parts);
  };
  expect(parts('vertex')).toEqual([
    { functionCall: { name: 'weather', args: { city: 'Paris' } } },
    { functionResponse: { name: 'weather', response: { output: 'fine' } } },
  ]);
  expect(parts('google')).toMatchObject([{ functionCall: { id: 'c1' } }, { functionResponse: { id: 'c1' } }]);
});

test('a region stands before the host too', () => {
  const variables = { GOOGLE_CLOUD_PROJECT: 'acme-1', GOOGLE_CLOUD_LOCATION: 'europe-west1' };
  expect(sent('vertex', 'gemini-2.5-pro', variables, { stream: true }).url).toBe(
    'https://europe-west1-aiplatform.googleapis.com/v1/projects/acme-1/locations/europe-west1/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse',
  );
});

test('Claude on Vertex has the model in the address and the version in the body', () => {
  const variables = { GOOGLE_CLOUD_PROJECT: 'acme-1', GOOGLE_CLOUD_LOCATION: 'us-east5' };
  const base =
    'https://us-east5-aiplatform.googleapis.com/v1/projects/acme-1/locations/us-east5/publishers/anthropic/models/';
  const whole = sent('vertex-anthropic', 'claude-sonnet-4-5@20250929', variables);
  expect(whole.url).toBe(`${base}claude-sonnet-4-5@20250929:rawPredict`);
  expect(whole.body).toEqual({
    anthropic_version: 'vertex-2023-10-16',
    max_tokens: 5,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
  });
  const stream = sent('vertex-anthropic', 'claude-sonnet-4-5@20250929', variables, { stream: true });
  expect(stream.url).toBe(`${base}claude-sonnet-4-5@20250929:streamRawPredict`);
  expect(stream.body.stream).toBe(true);
});
