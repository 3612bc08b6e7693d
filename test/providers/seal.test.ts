import { describe, expect, it } from 'vitest';
import { isSealedUnder, SealError, seal, unseal } from '../../src/providers/seal.ts';

const KEY = btoa('0123456789abcdef0123456789abcdef');
const OTHER = btoa('fedcba9876543210fedcba9876543210');
const binding = { provider: 'acme', baseUrl: 'https://api.acme.example/v1' };

describe('a sealed secret', () => {
  it('opens for its provider and host, and is different each time', async () => {
    const sealed = await seal('sk-sécret', KEY, binding);
    expect(sealed).toMatch(/^v2\.[0-9a-f]{8}\.[\w-]{16}\.[\w-]+$/);
    expect(await unseal(sealed, [KEY], binding)).toBe('sk-sécret');
    expect(await unseal(sealed, [KEY], { ...binding, baseUrl: 'https://api.acme.example/v2' })).toBe(
      'sk-sécret',
    );
    expect(await seal('sk-sécret', KEY, binding)).not.toBe(sealed);
  });

  it('opens for nothing else', async () => {
    const sealed = await seal('sk-secret', KEY, binding);
    const [version, id, iv, text = ''] = sealed.split('.');
    const flipped = `${text[0] === 'A' ? 'B' : 'A'}${text.slice(1)}`;
    for (const [value, key, bound] of [
      [sealed, OTHER, binding],
      [sealed, KEY, { ...binding, provider: 'other' }],
      [sealed, KEY, { ...binding, baseUrl: 'https://evil.example/v1' }],
      [sealed, KEY, { ...binding, baseUrl: 'https://api.acme.example:8443/v1' }],
      [`${version}.${id}.${iv}.${flipped}`, KEY, binding],
      [`v3.${id}.${iv}.${text}`, KEY, binding],
      [`v1.${iv}.${text}`, KEY, { ...binding, workspace: 'ws_1' }],
      [sealed, KEY, { ...binding, workspace: 'ws_1' }],
      ['', KEY, binding],
      [sealed, 'c2hvcnQ=', binding],
      [sealed, '%%%', binding],
    ] as const) {
      await expect(unseal(value, [key], bound)).rejects.toBeInstanceOf(SealError);
    }
  });
});

describe('a sealed secret of a workspace', () => {
  it('opens for that workspace alone, and not for the operator', async () => {
    const own = { ...binding, workspace: 'ws_1' };
    const sealed = await seal('sk-secret', KEY, own);
    expect(await unseal(sealed, [KEY], own)).toBe('sk-secret');
    await expect(unseal(sealed, [KEY], { ...own, workspace: 'ws_2' })).rejects.toBeInstanceOf(SealError);
    await expect(unseal(sealed, [KEY], binding)).rejects.toBeInstanceOf(SealError);
  });
});

describe('rotation of the encryption key', () => {
  it('opens what a former key sealed as long as it is named, and tells which key that was', async () => {
    const sealed = await seal('sk-secret', OTHER, binding);
    expect(await unseal(sealed, [KEY, OTHER], binding)).toBe('sk-secret');
    await expect(unseal(sealed, [KEY], binding)).rejects.toBeInstanceOf(SealError);
    expect(await isSealedUnder(sealed, OTHER)).toBe(true);
    expect(await isSealedUnder(sealed, KEY)).toBe(false);
  });

  it('opens the format before key ids, which was the operator’s alone', async () => {
    // AES-256-GCM of "sk-former" under KEY, nonce 000102…0b, additional data "acme|api.acme.example".
    const former = 'v1.AAECAwQFBgcICQoL.Xo6WGrZqv8naVl6YoFIhe_toxUVjcLM33w';
    expect(await unseal(former, [OTHER, KEY], binding)).toBe('sk-former');
    await expect(unseal(former, [KEY], { ...binding, workspace: 'ws_1' })).rejects.toBeInstanceOf(SealError);
    expect(await isSealedUnder(former, KEY)).toBe(false);
  });
});
