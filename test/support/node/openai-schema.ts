import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

type Schema = boolean | { [keyword: string]: unknown };

const FOLDER = 'test/fixtures/openapi';

/** What of OpenAI's description can be checked against. */
export type Described =
  | 'Batch'
  | 'CreateBatchRequest'
  | 'CreateChatCompletionRequest'
  | 'CreateChatCompletionResponse'
  | 'CreateChatCompletionStreamResponse'
  | 'CreateCompletionRequest'
  | 'CreateCompletionResponse'
  | 'CreateModerationRequest'
  | 'CreateModerationResponse'
  | 'CreateSpeechRequest'
  | 'CreateSpeechResponseStreamEvent'
  | 'CreateTranscriptionResponseDiarizedJson'
  | 'CreateTranscriptionResponseJson'
  | 'CreateTranscriptionResponseStreamEvent'
  | 'CreateTranscriptionResponseVerboseJson'
  | 'CreateTranslationResponseJson'
  | 'CreateTranslationResponseVerboseJson'
  | 'DeleteFileResponse'
  | 'EditImageBodyJsonParam'
  | 'ErrorResponse'
  | 'ImageEditStreamEvent'
  | 'ImageGenStreamEvent'
  | 'ImagesResponse'
  | 'FunctionToolCall'
  | 'FunctionToolCallOutputResource'
  | 'InputMessage'
  | 'ListBatchesResponse'
  | 'ListFilesResponse'
  | 'ListModelsResponse'
  | 'Model'
  | 'OpenAIFile'
  | 'OutputMessage'
  | 'ReasoningItem'
  | 'Response'
  | 'ResponseStreamEvent';

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
const FILES = ['audio', 'batches', 'chat', 'completions', 'files', 'images', 'moderations', 'responses'];
for (const file of FILES) {
  const description = JSON.parse(readFileSync(`${FOLDER}/${file}.json`, 'utf8')) as Schema;
  ajv.addSchema(withNull(description) as object, file);
}

/** What is wrong with a value by OpenAI's own description; empty when nothing is. */
export function faults(value: unknown, schema: Described): string[] {
  const [validate] = FILES.flatMap((file) => ajv.getSchema(`${file}#/components/schemas/${schema}`) ?? []);
  if (!validate) throw new Error(`The description has no ${schema}`);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** `nullable`, which the description has from OpenAPI 3.0, says nothing in JSON Schema: said in its words. */
function withNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNull);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = value as Record<string, unknown>;
  const schema = Object.fromEntries(Object.entries(rest).map(([name, member]) => [name, withNull(member)]));
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema;
}
