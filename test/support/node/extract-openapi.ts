/**
 * Cuts what the tests need out of OpenAI's description of its API:
 *
 *   node test/support/node/extract-openapi.ts path/to/openapi.json
 *
 * The description is published at https://github.com/openai/openai-openapi (MIT). Schemas are taken over
 * as they are; only those that the roots below refer to, directly or not.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/** What is cut out, by file. */
const ROOTS: Record<string, string[]> = {
  'audio.json': [
    'CreateSpeechRequest',
    'CreateSpeechResponseStreamEvent',
    'CreateTranscriptionResponseDiarizedJson',
    'CreateTranscriptionResponseJson',
    'CreateTranscriptionResponseStreamEvent',
    'CreateTranscriptionResponseVerboseJson',
    'CreateTranslationResponseJson',
    'CreateTranslationResponseVerboseJson',
  ],
  'batches.json': ['Batch', 'CreateBatchRequest', 'ListBatchesResponse'],
  'chat.json': [
    'CreateChatCompletionRequest',
    'CreateChatCompletionResponse',
    'CreateChatCompletionStreamResponse',
    'ErrorResponse',
    'ListModelsResponse',
    'Model',
  ],
  'completions.json': ['CreateCompletionRequest', 'CreateCompletionResponse'],
  'files.json': ['DeleteFileResponse', 'ListFilesResponse', 'OpenAIFile'],
  'images.json': ['ImagesResponse', 'ImageGenStreamEvent', 'ImageEditStreamEvent', 'EditImageBodyJsonParam'],
  'moderations.json': ['CreateModerationRequest', 'CreateModerationResponse'],
  'responses.json': ['Response', 'ResponseStreamEvent'],
};

const SOURCE = {
  repository: 'openai/openai-openapi',
  commit: 'f85dbe2',
  date: '2026-08-21',
  licence: 'MIT',
};

const FOLDER = new URL('../../fixtures/openapi/', import.meta.url);
const PREFIX = '#/components/schemas/';

interface Description {
  openapi: string;
  components: { schemas: Record<string, unknown> };
}

const [file] = process.argv.slice(2);
if (!file) throw new Error('Say where the description is: node extract-openapi.ts path/to/openapi.json');
const description = JSON.parse(readFileSync(file, 'utf8')) as Description;

for (const [name, roots] of Object.entries(ROOTS)) write(name, roots);

function write(name: string, roots: string[]): void {
  const found = new Map<string, unknown>();
  for (const root of roots) take(root, found);
  const schemas = Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const extract = { source: { ...SOURCE, roots }, openapi: description.openapi, components: { schemas } };
  const output = new URL(name, FOLDER);
  writeFileSync(output, `${JSON.stringify(extract, null, 1)}\n`);
  console.log(`${found.size} schemas written to ${output.pathname}`);
}

function take(name: string, found: Map<string, unknown>): void {
  if (found.has(name)) return;
  const schema = description.components.schemas[name];
  if (schema === undefined) throw new Error(`The description has no schema ${name}.`);
  found.set(name, schema);
  follow(schema, found);
}

/** Takes every schema that a value refers to. */
function follow(value: unknown, found: Map<string, unknown>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name !== '$ref') follow(member, found);
    else if (typeof member === 'string' && member.startsWith(PREFIX))
      take(member.slice(PREFIX.length), found);
    else throw new Error(`A reference of another kind: ${String(member)}`);
  }
}
