import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { checkBaseUrl } from '../../src/providers/url.ts';

const refused = (url: string, local = false) => {
  try {
    return `accepted as ${checkBaseUrl(url, local)}`;
  } catch (error) {
    return error instanceof GatewayError ? `${error.code} ${error.param}` : error;
  }
};

describe('a private host that the operator allows', () => {
  it.each([
    'http://192.168.1.1:8000/v1',
    'https://10.0.0.7',
    'http://llm.internal/v1',
    'http://[fd00::1]:80',
  ])('may be %s, and is refused without that', (url) => {
    expect(checkBaseUrl(url, false, true)).toBe(url.replace(':80/', '/').replace(/:80$/, ''));
    expect(refused(url)).toBe('invalid_value base_url');
  });

  it('does not let http go out into the world', () => {
    for (const url of ['http://example.com/v1', 'http://8.8.8.8']) {
      expect(() => checkBaseUrl(url, false, true)).toThrow(GatewayError);
    }
  });
});

describe('the base URL of a provider', () => {
  it('loses its trailing slashes', () => {
    expect(checkBaseUrl('https://api.example.com/v1//', false)).toBe('https://api.example.com/v1');
    expect(checkBaseUrl('https://API.example.com', false)).toBe('https://api.example.com');
  });

  it.each([
    'http://api.example.com',
    'https://localhost',
    'https://localhost.',
    'https://x.localhost',
    'https://127.0.0.1',
    'https://127.1',
    'https://2130706433',
    'https://0x7f000001',
    'https://0177.0.0.1',
    'https://0.0.0.0',
    'https://10.0.0.1',
    'https://172.16.0.1',
    'https://192.168.1.1',
    'https://169.254.169.254',
    'https://100.64.0.1',
    'https://224.0.0.1',
    'https://[::1]',
    'https://[::]',
    'https://[::ffff:127.0.0.1]',
    'https://[::ffff:a9fe:a9fe]',
    'https://[64:ff9b::10.0.0.1]',
    'https://[fc00::1]',
    'https://[fe80::1]',
    'https://metadata',
    'https://db.internal',
    'https://user@example.com',
    'https://example.com/?a=b',
    'https://example.com/#a',
    'https://',
    'javascript:alert(1)',
    `https://example.com/${'x'.repeat(3000)}`,
  ])('must not be %s', (url) => {
    expect(refused(url)).toBe('invalid_value base_url');
  });

  it.each(['https://8.8.8.8', 'https://[2606:4700::1111]', 'https://example.com:8443/v1'])(
    'may be %s',
    (url) => {
      expect(refused(url)).toBe(`accepted as ${url}`);
    },
  );

  it('may be on this machine or in this network locally, with https elsewhere', () => {
    for (const url of ['http://127.0.0.1:11434/v1', 'http://localhost:8000', 'https://192.168.1.1/v1']) {
      expect(refused(url, true)).toBe(`accepted as ${url}`);
    }
    expect(refused('http://192.168.1.1/v1', true)).toBe('invalid_value base_url');
    expect(refused('http://example.com/v1', true)).toBe('invalid_value base_url');
  });
});
