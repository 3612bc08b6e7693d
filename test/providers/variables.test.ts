import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/env.ts';
import { GatewayError } from '../../src/errors.ts';
import { SHIPPED_PROVIDERS } from '../../src/providers/catalog.ts';
import { checkBaseUrl } from '../../src/providers/url.ts';
import { fillIn, missingVariables, servesHere } from '../../src/providers/variables.ts';

const WORKERS_AI = 'https://api.cloudflare.com/client/v4/accounts/{account_id}/ai/v1';

function envWith(variables: Record<string, string>): Env {
  return { ...(env as unknown as Env), ...variables };
}

function shipped(id: string) {
  const provider = SHIPPED_PROVIDERS.get(id);
  if (!provider) throw new Error(`${id} is not shipped`);
  return provider;
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    return thrown instanceof GatewayError ? thrown.code : String(thrown);
  }
  return 'none';
}

describe('the parts of a URL', () => {
  it('come from the environment', () => {
    expect(fillIn(WORKERS_AI, envWith({ CLOUDFLARE_ACCOUNT_ID: 'acc-1' }), null)).toBe(
      'https://api.cloudflare.com/client/v4/accounts/acc-1/ai/v1',
    );
    expect(fillIn('https://api.acme.example/v1', envWith({}), null)).toBe('https://api.acme.example/v1');
  });

  it('have defaults', () => {
    const path = '/chat/completions?api-version={azure_api_version}';
    expect(fillIn(path, envWith({}), null)).toBe('/chat/completions?api-version=2024-10-21');
    expect(fillIn(path, envWith({ AZURE_OPENAI_API_VERSION: '2025-04-01-preview' }), null)).toBe(
      '/chat/completions?api-version=2025-04-01-preview',
    );
  });

  it('must be there', () => {
    expect(refusal(() => fillIn(WORKERS_AI, envWith({}), null))).toBe('upstream_credentials_rejected');
    expect(refusal(() => fillIn(WORKERS_AI, envWith({ CLOUDFLARE_ACCOUNT_ID: '' }), null))).toBe(
      'upstream_credentials_rejected',
    );
  });

  it.each(['evil.example/x', 'a?b', 'a#b', 'me@evil', 'a:1', '../x', 'a%2f', 'a b', '.'])(
    'cannot be %j',
    (value) => {
      const act = () => fillIn(WORKERS_AI, envWith({ CLOUDFLARE_ACCOUNT_ID: value }), null);
      expect(refusal(act)).toBe('upstream_credentials_rejected');
    },
  );

  it('cannot name other variables of the deployment', () => {
    for (const part of ['{ENCRYPTION_KEY}', '{encryption_key}', '{admin_key}']) {
      expect(refusal(() => checkBaseUrl(`https://api.acme.example/${part}`, false))).toMatch(
        part === '{ENCRYPTION_KEY}' ? 'none' : 'invalid_value',
      );
      expect(fillIn('https://a.example/{ENCRYPTION_KEY}', envWith({}), null)).toBe(
        'https://a.example/{ENCRYPTION_KEY}',
      );
    }
  });

  it('are said when they are missing', () => {
    expect(missingVariables(shipped('workers-ai'), envWith({}))).toEqual(['CLOUDFLARE_ACCOUNT_ID']);
    expect(missingVariables(shipped('azure'), envWith({ AZURE_RESOURCE_NAME: 'r' }))).toEqual([]);
    expect(missingVariables(shipped('openai'), envWith({}))).toEqual([]);
  });
});

describe('a base URL with parts', () => {
  it('stays as it is', () => {
    expect(checkBaseUrl(`${WORKERS_AI}/`, false)).toBe(WORKERS_AI);
    expect(checkBaseUrl('https://{azure_resource}.openai.azure.com/openai/v1', false)).toBe(
      'https://{azure_resource}.openai.azure.com/openai/v1',
    );
  });

  it.each([
    'https://{account_id}/v1',
    'https://api.acme.example/{nobody}',
    'http://{account_id}.acme.example',
  ])('cannot be %s', (url) => {
    expect(refusal(() => checkBaseUrl(url, false))).toBe('invalid_value');
  });
});

describe('an endpoint that names regions', () => {
  const claude = { regions: ['global'] };
  const nova = { regions: ['us-east-1', 'us-west-2'] };
  const here = (id: string, endpoint: { regions: string[] }, variables: Record<string, string> = {}) =>
    servesHere(endpoint, shipped(id), envWith(variables));

  it('is served where its provider’s address is set to one of them', () => {
    expect(here('vertex-anthropic', claude)).toBe(true);
    expect(here('vertex-anthropic', claude, { GOOGLE_CLOUD_LOCATION: 'europe-west1' })).toBe(false);
    expect(here('bedrock', nova)).toBe(true);
    expect(here('bedrock', nova, { AWS_REGION: 'us-west-2' })).toBe(true);
    expect(here('bedrock', nova, { AWS_REGION: 'eu-central-1' })).toBe(false);
    expect(here('bedrock', nova, { AWS_DEFAULT_REGION: 'eu-central-1' })).toBe(false);
  });

  it('is served wherever the address names no region, and one without regions everywhere', () => {
    expect(here('openai', { regions: ['us'] })).toBe(true);
    expect(here('bedrock', { regions: [] }, { AWS_REGION: 'eu-central-1' })).toBe(true);
    const declared = { ...shipped('bedrock'), baseUrl: 'https://bedrock-runtime.eu-central-1.amazonaws.com' };
    expect(servesHere(nova, declared, envWith({}))).toBe(true);
  });
});
