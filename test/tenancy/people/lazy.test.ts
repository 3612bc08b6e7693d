import { describe, expect, it } from 'vitest';

const files = import.meta.glob<string>('../../../src/**/*.ts', {
  query: '?raw',
  eager: true,
  import: 'default',
});

/** By path from the root of the repository. */
const sources = new Map(Object.entries(files).map(([path, text]) => [path.replace(/^(\.\.\/)+/, ''), text]));

/** The files that are evaluated when one is: it, and what it imports statically. Types are not evaluated. */
function evaluatedWith(entry: string): Set<string> {
  const reached = new Set<string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    const text = sources.get(path) ?? '';
    for (const [, what = '', from = ''] of text.matchAll(
      /^(?:import|export)\s+([^;'"]*?)from\s+'(\.[^']+)';/gms,
    )) {
      if (!what.startsWith('type ')) waiting.push(new URL(from, `file:///${path}`).pathname.slice(1));
    }
  }
  return reached;
}

const heavy = (path: string) => /from 'better-auth/.test(sources.get(path) ?? '');

describe('the library that keeps sessions', () => {
  it('is imported for people alone', () => {
    const importers = [...sources.keys()].filter(heavy).sort();
    expect(importers).toEqual(['src/tenancy/people/ask.ts', 'src/tenancy/people/auth.ts']);
  });

  it.each(['src/index.ts', 'src/http/api/index.ts'])('is not evaluated with %s', (entry) => {
    const evaluated = evaluatedWith(entry);
    expect(evaluated.size).toBeGreaterThan(10);
    expect([...evaluated].filter(heavy)).toEqual([]);
  });

  it('is evaluated with the verbs of signing in', () => {
    expect([...evaluatedWith('src/tenancy/people/sign-in.ts')].filter(heavy)).toHaveLength(2);
  });
});
