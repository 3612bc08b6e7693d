import { describe, expect, it } from 'vitest';
import { SealError, seal, unseal } from '../../src/providers/seal.ts';

const KEY = btoa('0123456789abcdef0123456789abcdef');
const OTHER = btoa('fedcba9876543210fedcba9876543210');
const binding = { provider: 'acme', baseUrl: 'https://api.acme.example/v1' };

describe('a sealed secret', () => {
  it('opens for its provider and host, and is different each time', async () => {
    const sealed = await seal('sk-sécret', KEY, binding);
    expect(sealed).toMatch(/^v1\.[\w-]{16}\.[\w-]+$/);
    expect(await unseal(sealed, KEY, binding)).toBe('sk-sécret');
    expect(await unseal(sealed, KEY, { ...binding, baseUrl: 'https://api.acme.example/v2' })).toBe(
      'sk-sécret',
    );
    expect(await seal('sk-sécret', KEY, binding)).not.toBe(sealed);
  });

  it('opens for nothing else', async () => {
    const sealed = await seal('sk-secret', KEY, binding);
    const [version, iv, text = ''] = sealed.split('.');
    const flipped = `${text[0] === 'A' ? 'B' : 'A'}${text.slice(1)}`;
    for (const [value, key, bound] of [
      [sealed, OTHER, binding],
      [sealed, KEY, { ...binding, provider: 'other' }],
      [sealed, KEY, { ...binding, baseUrl: 'https://evil.example/v1' }],
      [sealed, KEY, { ...binding, baseUrl: 'https://api.acme.example:8443/v1' }],
      [`${version}.${iv}.${flipped}`, KEY, binding],
      [`v2.${iv}.${text}`, KEY, binding],
      ['', KEY, binding],
      [sealed, 'c2hvcnQ=', binding],
      [sealed, '%%%', binding],
    ] as const) {
      await expect(unseal(value, key, bound)).rejects.toBeInstanceOf(SealError);
    }
  });
});
