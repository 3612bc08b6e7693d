import { describe, expect, it } from 'vitest';
import page from '../../docs/providers.md?raw';
import { SHIPPED_PROVIDERS } from '../../src/providers/catalog.ts';
import { checkBaseUrl } from '../../src/providers/url.ts';
import catalogue from '../../src/registry/catalogue/models.data.json';

describe('the shipped providers', () => {
  it('are those of the page, with the variables that it names', () => {
    const rows = [...page.matchAll(/^\| `([a-z]+)` \| (openai|anthropic|google) \| (.+) \|$/gm)].map(
      ([, id, wire, names = '']) => [id, wire, names.replaceAll('`', '').split(', ')],
    );
    expect(rows).toEqual([...SHIPPED_PROVIDERS.values()].map(({ id, wire, env }) => [id, wire, env]));
  });

  it('have usable URLs, and models in the catalogue', () => {
    const served = new Set(catalogue.endpoints.map((endpoint) => endpoint.provider));
    for (const { id, baseUrl } of SHIPPED_PROVIDERS.values()) {
      expect(checkBaseUrl(baseUrl, false)).toBe(baseUrl);
      expect(served, id).toContain(id);
    }
    expect([...served].filter((id) => !SHIPPED_PROVIDERS.has(id))).toEqual([]);
  });
});
