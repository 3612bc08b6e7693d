import { describe, expect, it } from 'vitest';
import page from '../../docs/providers.md?raw';
import { SHIPPED_PROVIDERS } from '../../src/providers/catalog.ts';
import { checkBaseUrl } from '../../src/providers/url.ts';
import { PART } from '../../src/providers/variables.ts';
import catalogue from '../../src/registry/catalogue/models.data.json';

describe('the shipped providers', () => {
  it('are those of the page, with the variables that it names', () => {
    const rows = [
      ...page.matchAll(/^\| `([a-z-]+)` \| (openai|anthropic|google|bedrock|cohere) \| (.+) \|$/gm),
    ].map(([, id, wire, names = '']) => [id, wire, names.replaceAll('`', '').split(', ')]);
    expect(rows).toEqual([...SHIPPED_PROVIDERS.values()].map(({ id, wire, env }) => [id, wire, env]));
  });

  it('have usable URLs and a page to read about them', () => {
    for (const { id, baseUrl, docs } of SHIPPED_PROVIDERS.values()) {
      expect(checkBaseUrl(baseUrl, false), id).toBe(baseUrl);
      expect(docs, id).toMatch(/^https:\/\//);
    }
  });

  it('include every provider that the catalogue of models names', () => {
    const served = new Set(catalogue.endpoints.map((endpoint) => endpoint.provider));
    expect([...served].filter((id) => !SHIPPED_PROVIDERS.has(id))).toEqual([]);
  });

  it('without models in the catalogue are those that the page says the operator declares models for', () => {
    const served = new Set(catalogue.endpoints.map((endpoint) => endpoint.provider));
    const said = /No models are shipped for (.+?):/s.exec(page)?.[1] ?? '';
    const without = [...SHIPPED_PROVIDERS.keys()].filter((id) => !served.has(id));
    expect([...said.matchAll(/`([a-z-]+)`/g)].map(([, id]) => id)).toEqual(without);
  });

  it('mean one thing by a variable', () => {
    const seen = new Map<string, unknown>();
    for (const { id, baseUrl, quirks, variables = {} } of SHIPPED_PROVIDERS.values()) {
      const url = baseUrl + JSON.stringify(quirks?.path ?? '').replaceAll('{model}', '');
      const used = new Set([...url.matchAll(PART)].map(([, name]) => name));
      expect([...used].sort(), id).toEqual(Object.keys(variables).sort());
      for (const [name, variable] of Object.entries(variables)) {
        expect(seen.get(name) ?? variable, name).toEqual(variable);
        seen.set(name, variable);
      }
    }
  });
});
