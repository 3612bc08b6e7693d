/**
 * Cuts what the tests need out of OpenAI's description of its API:
 *
 *   node test/support/node/extract-openapi.ts path/to/openapi.json
 *
 * The description is published at https://github.com/openai/openai-openapi (MIT). Schemas are taken over
 * as they are; only those that the roots below refer to, directly or not.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const ROOTS = [
  'CreateChatCompletionRequest',
  'CreateChatCompletionResponse',
  'CreateChatCompletionStreamResponse',
  'ErrorResponse',
  'ListModelsResponse',
  'Model',
];

const SOURCE = {
  repository: 'openai/openai-openapi',
  commit: 'f85dbe2',
  date: '2026-08-21',
  licence: 'MIT',
  roots: ROOTS,
};

const OUTPUT = new URL('../../fixtures/openapi/chat.json', import.meta.url);
const PREFIX = '#/components/schemas/';

interface Description {
  openapi: string;
  components: { schemas: Record<string, unknown> };
}

const [file] = process.argv.slice(2);
if (!file) throw new Error('Say where the description is: node extract-openapi.ts path/to/openapi.json');
const description = JSON.parse(readFileSync(file, 'utf8')) as Description;

const found = new Map<string, unknown>();
for (const root of ROOTS) take(root);
const schemas = Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
const extract = { source: SOURCE, openapi: description.openapi, components: { schemas } };
writeFileSync(OUTPUT, `${JSON.stringify(extract, null, 1)}\n`);
console.log(`${found.size} schemas written to ${OUTPUT.pathname}`);

function take(name: string): void {
  if (found.has(name)) return;
  const schema = description.components.schemas[name];
  if (schema === undefined) throw new Error(`The description has no schema ${name}.`);
  found.set(name, schema);
  follow(schema);
}

/** Takes every schema that a value refers to. */
function follow(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name !== '$ref') follow(member);
    else if (typeof member === 'string' && member.startsWith(PREFIX)) take(member.slice(PREFIX.length));
    else throw new Error(`A reference of another kind: ${String(member)}`);
  }
}
