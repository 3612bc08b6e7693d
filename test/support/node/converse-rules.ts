import { asArray, asObject, asString, type Json, type JsonObject } from '../../../src/lib/json.ts';
import { checkModelFields, modelIn } from './converse-model-rules.ts';

const FIELDS = new Set([
  'additionalModelRequestFields',
  'additionalModelResponseFieldPaths',
  'guardrailConfig',
  'inferenceConfig',
  'messages',
  'outputConfig',
  'performanceConfig',
  'requestMetadata',
  'serviceTier',
  'system',
  'toolConfig',
]);
const BLOCKS = new Set([
  'cachePoint',
  'document',
  'image',
  'reasoningContent',
  'text',
  'toolResult',
  'toolUse',
]);
/** Of ids and names of tools. */
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * What Bedrock would refuse of a request to Converse, by the rules on its pages
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and those of its types); null when
 * nothing.
 * @param path with the model, whose own rules hold too.
 */
export function converseFault(request: JsonObject, path: string): string | null {
  try {
    for (const name of Object.keys(request)) demand(FIELDS.has(name), `there is no field ${name}`);
    for (const block of asArray(request.system)) {
      const { text, cachePoint } = asObject(block) ?? {};
      demand(cachePoint !== undefined || asString(text)?.trim(), 'an instruction is blank');
    }
    checkTurns(asArray(request.messages).map(turnOf));
    checkTools(request);
    checkInference(asObject(request.inferenceConfig) ?? {});
    checkModelFields(request, modelIn(path), demand);
    return null;
  } catch (fault) {
    if (fault instanceof Fault) return fault.message;
    throw fault;
  }
}

class Fault extends Error {}

function demand(holds: unknown, otherwise: string): asserts holds {
  if (!holds) throw new Fault(otherwise);
}

interface Turn {
  role: string | undefined;
  blocks: JsonObject[];
}

function turnOf(message: Json): Turn {
  const { role, content } = asObject(message) ?? {};
  const blocks = asArray(content).map((block) => asObject(block) ?? {});
  for (const block of blocks) {
    const [kind = '', ...others] = Object.keys(block);
    demand(BLOCKS.has(kind) && others.length === 0, `a block is ${Object.keys(block).join(' and ')}`);
    if (kind === 'text') demand(asString(block.text)?.trim(), 'a text is blank');
  }
  return { role: asString(role), blocks };
}

/** Turns alternate from a user's on, and each result answers a call of the turn before it. */
function checkTurns(turns: readonly Turn[]): void {
  demand(turns.length > 0, 'there are no messages');
  let called: string[] = [];
  for (const [index, { role, blocks }] of turns.entries()) {
    demand(role === (index % 2 === 0 ? 'user' : 'assistant'), `turn ${index} is of ${role}`);
    demand(blocks.length > 0, `turn ${index} is empty`);
    const documents = blocks.flatMap(({ document }) => asString(asObject(document)?.name) ?? []);
    demand(new Set(documents).size === documents.length, 'two documents have one name');
    demand(documents.length === 0 || blocks.some(({ text }) => text), 'a document has no text beside it');
    const answered = blocks.flatMap(({ toolResult }) => asString(asObject(toolResult)?.toolUseId) ?? []);
    demand(
      answered.sort().join() === called.sort().join(),
      `of ${called.join()} are answered ${answered.join()}`,
    );
    called = blocks.flatMap(({ toolUse }) => (toolUse ? [callOf(asObject(toolUse) ?? {})] : []));
    const mayHave = role === 'user' ? [] : ['image', 'document', 'toolResult'];
    demand(!blocks.some((block) => mayHave.some((kind) => kind in block)), `a block is not for ${role}`);
  }
}

function callOf({ toolUseId, name, input }: JsonObject): string {
  demand(NAME.test(asString(toolUseId) ?? ''), `the id of a call is ${toolUseId}`);
  demand(NAME.test(asString(name) ?? ''), `the name of a call is ${name}`);
  demand(asObject(input), 'the input of a call is no object');
  return String(toolUseId);
}

/** The tools must be there once they were used. */
function checkTools({ toolConfig, messages }: JsonObject): void {
  const used = asArray(messages)
    .flatMap((message) => asArray(asObject(message)?.content))
    .some((block) => asObject(block)?.toolUse || asObject(block)?.toolResult);
  demand(!used || toolConfig, 'tools were used that are not given');
  if (toolConfig === undefined) return;
  const tools = asArray(asObject(toolConfig)?.tools).map((tool) => asObject(tool) ?? {});
  demand(tools.length > 0, 'there are no tools');
  for (const { toolSpec, cachePoint } of tools) {
    if (cachePoint !== undefined) continue;
    const { name, description, inputSchema } = asObject(toolSpec) ?? {};
    demand(NAME.test(asString(name) ?? ''), `the name of a tool is ${name}`);
    demand(description === undefined || description !== '', 'a description is empty');
    demand(asObject(asObject(inputSchema)?.json)?.type === 'object', 'a schema is not of an object');
  }
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html */
function checkInference({ maxTokens, temperature, topP, stopSequences, ...others }: JsonObject): void {
  demand(Object.keys(others).length === 0, `there is no ${Object.keys(others).join()}`);
  demand(maxTokens === undefined || Number(maxTokens) >= 1, `maxTokens is ${maxTokens}`);
  for (const part of [temperature, topP])
    demand(part === undefined || (Number(part) >= 0 && Number(part) <= 1), `a part is ${part}`);
  demand(
    stopSequences === undefined || asArray(stopSequences).every((one) => asString(one) !== ''),
    'a stop is empty',
  );
}
