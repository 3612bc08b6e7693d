import { describe, expect, it } from 'vitest';
import { SHIPPED_PROVIDERS } from '../../src/providers/catalog.ts';
import { dataPolicyOf } from '../../src/registry/data-policy.ts';
import { declaredProvider } from '../../src/registry/read.ts';

const provider = { dataPolicy: { training: false, retentionDays: 30, source: 'https://acme.example/data' } };

describe('what becomes of what an endpoint is sent', () => {
  it('is what its provider says, where nothing is known of itself', () => {
    expect(dataPolicyOf({}, provider)).toEqual({ training: false, retentionDays: 30 });
  });

  it('is member by member what is known of itself', () => {
    const own = { dataPolicy: { retentionDays: 0 } };
    expect(dataPolicyOf(own, provider)).toEqual({ training: false, retentionDays: 0 });
    expect(dataPolicyOf({ dataPolicy: { training: true } }, provider)).toMatchObject({ training: true });
  });

  it('is unknown where nobody says it', () => {
    expect(dataPolicyOf({}, {})).toEqual({});
    expect(dataPolicyOf({}, undefined)).toEqual({});
    expect(dataPolicyOf({ dataPolicy: { training: false } }, {})).toEqual({ training: false });
  });
});

describe('a provider that the operator declares', () => {
  const row = {
    id: 'openai',
    name: 'OpenAI',
    wire: 'openai',
    auth: { kind: 'bearer' },
    headers: null,
    quirks: null,
    createdAt: 0,
    updatedAt: 0,
  } as const;

  it('keeps what the shipped one says of data at its host, and nowhere else', () => {
    const shipped = SHIPPED_PROVIDERS.get('openai')?.dataPolicy;
    expect(shipped).toMatchObject({ training: false, retentionDays: 30 });
    expect(declaredProvider({ ...row, baseUrl: 'https://api.openai.com/v1' }).dataPolicy).toEqual(shipped);
    expect(declaredProvider({ ...row, baseUrl: 'https://proxy.example/v1' })).not.toHaveProperty(
      'dataPolicy',
    );
  });
});
