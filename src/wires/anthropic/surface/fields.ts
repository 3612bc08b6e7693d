import { asNumber, asObject, asString, isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { EXTENSIONS } from '../../extensions.ts';
import { checkDefinition } from '../../response-format.ts';
import { invalid, unsupported } from '../content.ts';
import type { Dropped } from '../dropped.ts';
import { missing, wrongType } from './refuse.ts';

/** Members that chat completions have too, or that the wires of this API send on. `betas` is made of a header. */
const AS_THEY_ARE = [
  'model',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'cache_control',
  'inference_geo',
  'speed',
  'betas',
  ...EXTENSIONS,
] as const;

/** Members that are read one by one, here or in files beside. */
const READ = [
  'messages',
  'system',
  'max_tokens',
  'stop_sequences',
  'metadata',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'service_tier',
  'context_management',
] as const;

/** Members without effect on the answer. */
const WITHOUT_EFFECT = ['diagnostics'] as const;

const KNOWN: ReadonlySet<string> = new Set([...AS_THEY_ARE, ...READ, ...WITHOUT_EFFECT]);

/**
 * The members of a request but its conversation and tools.
 * @param counting `max_tokens` may be absent: nothing is generated.
 * @throws GatewayError `unsupported_parameter` for members that chat completions cannot say.
 */
export function readFields(body: JsonObject, counting: boolean, dropped: Dropped): JsonObject {
  refuseUnknown(body);
  const out: JsonObject = {};
  for (const name of AS_THEY_ARE) if (isGiven(body[name])) out[name] = body[name];
  for (const name of WITHOUT_EFFECT) if (isGiven(body[name])) dropped.add(name);
  const limit = maxTokens(body.max_tokens, counting);
  if (limit !== undefined) out.max_completion_tokens = limit;
  const stop = stopSequences(body.stop_sequences);
  if (stop.length > 0) out.stop = stop;
  const user = userId(body.metadata);
  if (user !== undefined) out.user = user;
  if (isGiven(body.service_tier)) Object.assign(out, serviceTier(body.service_tier));
  if (isGiven(body.context_management)) out.context_management = contextEdits(body.context_management);
  return { ...out, ...readReasoning(body), ...readFormat(body.output_config) };
}

function refuseUnknown(body: JsonObject): void {
  for (const [name, value] of Object.entries(body)) {
    if (KNOWN.has(name) || !isGiven(value)) continue;
    throw unsupported(name, `The parameter ${name} cannot be sent through this gateway.`);
  }
}

function maxTokens(given: Json | undefined, counting: boolean): number | undefined {
  if (!isGiven(given)) {
    if (counting) return undefined;
    throw missing('max_tokens');
  }
  if (typeof given !== 'number') throw wrongType('max_tokens', 'a number');
  if (!Number.isInteger(given) || given < 1) throw invalid('max_tokens', 'max_tokens must be at least 1.');
  return given;
}

/** The sequences at which an answer ends. */
export function stopSequences(given: Json | undefined): string[] {
  if (!isGiven(given)) return [];
  if (!Array.isArray(given)) throw wrongType('stop_sequences', 'an array of strings');
  return given.map((entry, index) => {
    if (typeof entry !== 'string') throw wrongType(`stop_sequences[${index}]`, 'a string');
    return entry;
  });
}

function userId(metadata: Json | undefined): string | undefined {
  if (!isGiven(metadata)) return undefined;
  if (!isObject(metadata)) throw wrongType('metadata', 'an object');
  for (const [name, value] of Object.entries(metadata)) {
    if (name !== 'user_id' && isGiven(value)) {
      throw unsupported(`metadata.${name}`, 'metadata holds a user_id and nothing else.');
    }
  }
  return asString(metadata.user_id);
}

/** `auto` is what no tier at all means, to every provider. https://platform.claude.com/docs/en/api/service-tiers */
function serviceTier(given: Json): JsonObject {
  if (given === 'auto') return {};
  if (given === 'standard_only') return { service_tier: 'default' };
  throw invalid('service_tier', 'A service tier is "auto" or "standard_only".');
}

/** Edits that the provider makes to the conversation. What a compaction leaves behind could not be sent back. */
function contextEdits(given: Json): Json {
  const edits = asObject(given)?.edits;
  for (const [index, edit] of (Array.isArray(edits) ? edits : []).entries()) {
    const type = asString(asObject(edit)?.type) ?? '';
    if (type.startsWith('compact')) {
      throw unsupported(
        `context_management.edits[${index}]`,
        'Compaction by the provider cannot be used through this gateway.',
      );
    }
  }
  return given;
}

/**
 * `thinking` and the effort in the words of the hub (`reasoning`), as every wire reads them. An effort without
 * `thinking` stays what it is: `reasoning` would turn thinking on.
 */
function readReasoning({ thinking, output_config: config }: JsonObject): JsonObject {
  if (isGiven(config) && !isObject(config)) throw wrongType('output_config', 'an object');
  const { format: _, ...rest } = asObject(config) ?? {};
  const effort = asString(rest.effort);
  const kept: JsonObject = Object.keys(rest).some((name) => isGiven(rest[name]))
    ? { output_config: rest }
    : {};
  if (!isGiven(thinking)) return kept;
  if (!isObject(thinking)) throw wrongType('thinking', 'an object');
  const hidden: JsonObject = thinking.display === 'omitted' ? { exclude: true } : {};
  switch (thinking.type) {
    case 'disabled':
      return { ...kept, reasoning: { enabled: false } };
    case 'enabled': {
      const budget = asNumber(thinking.budget_tokens);
      if (budget === undefined) throw missing('thinking.budget_tokens');
      return { ...kept, reasoning: { max_tokens: budget, ...hidden } };
    }
    case 'adaptive': {
      if (effort === undefined) return { ...kept, reasoning: { enabled: true, ...hidden } };
      const { effort: __, ...others } = rest;
      return {
        ...(Object.keys(others).length > 0 ? { output_config: others } : {}),
        reasoning: { effort, ...hidden },
      };
    }
    default:
      // Kinds that a few models have (`between_tools`).
      return { ...kept, thinking };
  }
}

/** https://platform.claude.com/docs/en/build-with-claude/structured-outputs */
function readFormat(config: Json | undefined): JsonObject {
  const given = asObject(config)?.format;
  if (!isGiven(given)) return {};
  const format = asObject(given);
  if (format?.type !== 'json_schema') {
    throw invalid('output_config.format', 'A format is a "json_schema" with its schema.');
  }
  checkDefinition({ schema: format.schema ?? null }, 'output_config.format', ['schema']);
  // The provider of this format enforces every schema; `strict` asks others to do the same.
  const definition = { name: 'answer', strict: true, schema: format.schema ?? null };
  return { response_format: { type: 'json_schema', json_schema: definition } };
}

function isGiven(value: Json | undefined): value is Exclude<Json, null> {
  return value !== undefined && value !== null;
}
