/**
 * Writes the shipped catalogue from a models.dev api.json: `node scripts/catalogue.ts <api.json>`.
 * How models are named, and when two hosts serve the same one: docs/registry.md.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { withAdditions } from '../src/providers/catalogue-additions.ts';
import { CATALOGUE } from '../src/registry/catalogue/version.ts';
import { buildCatalogue } from '../src/registry/models-dev/build.ts';
import type { Source } from '../src/registry/models-dev/types.ts';

const file = process.argv[2];
if (file === undefined) {
  console.error('Usage: node scripts/catalogue.ts <api.json of models.dev>');
  process.exit(1);
}

const { catalogue: base, doubts } = buildCatalogue(JSON.parse(readFileSync(file, 'utf8')) as Source);
const catalogue = withAdditions(base);
const text = `{"models":[\n${lines(catalogue.models)}\n],"endpoints":[\n${lines(catalogue.endpoints)}\n]}\n`;
const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
const revision = hash === CATALOGUE.hash ? CATALOGUE.revision : CATALOGUE.revision + 1;

const folder = new URL('../src/registry/catalogue/', import.meta.url);
writeFileSync(new URL('models.data.json', folder), text);
writeFileSync(
  new URL('version.ts', folder),
  `/** Which catalogue is shipped; written by scripts/catalogue.ts. A higher revision is imported into D1. */
export const CATALOGUE = { revision: ${revision}, hash: '${hash}' };
`,
);
for (const doubt of doubts) console.log(doubt);
console.log(
  `${catalogue.models.length} models, ${catalogue.endpoints.length} endpoints, revision ${revision}`,
);

function lines(values: readonly object[]): string {
  return values.map((value) => JSON.stringify(value)).join(',\n');
}
