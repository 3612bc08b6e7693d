import { describe, expect, it } from 'vitest';
import { SHIPPED_PROVIDERS } from '../../src/providers/catalog.ts';
import catalog from '../../src/providers/catalog.ts?raw';
import clouds from '../../src/providers/clouds.ts?raw';
import embedders from '../../src/providers/embedders.ts?raw';
import openModelHosts from '../../src/providers/open-model-hosts.ts?raw';

interface Meta {
  provider?: string;
  provenance: string;
  source: { repo?: string; path?: string; documentation?: string; licence: string } | string;
}

const METAS = import.meta.glob<string>(
  ['../fixtures/*/*/meta.json', '../fixtures/{embeddings,rerank,moderations}/*/*/meta.json'],
  {
    query: '?raw',
    eager: true,
    import: 'default',
  },
);

/** Providers under the names that recordings have for them. */
const NAMES: Record<string, string> = { moonshotai: 'moonshot' };

const evidence = Map.groupBy(
  Object.entries(METAS).map(([path, text]) => ({ path, meta: JSON.parse(text) as Meta })),
  ({ meta }) => NAMES[meta.provider ?? ''] ?? meta.provider,
);

/** The text of each provider's object in the source, by id. */
const sources = new Map(
  [catalog, clouds, embedders, openModelHosts]
    .join('\n')
    .split(/^ {2}\{$/m)
    .slice(1)
    .map((text) => [/^ {4}id: '([a-z-]+)',$/m.exec(text)?.[1] ?? '', text]),
);

describe.each([...SHIPPED_PROVIDERS.values()])('$id', ({ id, wire, docs, quirks, dataPolicy }) => {
  it('has a page that documents it', () => {
    expect(docs).toMatch(/^https:\/\/[^/]+\/./);
  });

  it('has traffic of its own, recorded or as documented, in a fixture of its wire', () => {
    const fixtures = evidence.get(id) ?? [];
    expect(fixtures.length).toBeGreaterThan(0);
    for (const { path, meta } of fixtures) {
      expect(path).toMatch(new RegExp(`/fixtures/((embeddings|rerank|moderations)/)?${wire}/`));
      const { source } = meta;
      if (typeof source === 'string') throw new Error(`${path} names no source`);
      // A recording names its file and licence; what was written by hand names the page it follows.
      const isHand = ['hand-written', 'documentation'].includes(meta.provenance);
      expect(isHand ? source.documentation : source.path, path).toMatch(isHand ? /^https:\/\// : /\w/);
      expect(source.licence, path).toMatch(/^(MIT|Apache-2\.0|CC-BY-4\.0)/);
    }
  });

  it('names the source of each deviation beside it', () => {
    if (!quirks) return;
    const comments = (sources.get(id) ?? '').split('\n').filter((line) => line.trim().startsWith('//'));
    const isPathAlone = Object.keys(quirks).join() === 'path';
    // A path is that of the API's own address, which `docs` is about.
    if (!isPathAlone) expect(comments.join('\n')).toContain('https://');
  });

  it('names the source of what it does with data', () => {
    if (dataPolicy) expect(dataPolicy.source).toMatch(/^https:\/\//);
  });
});
