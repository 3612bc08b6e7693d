import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';

/** Keywords that Anthropic's constrained decoding refuses. */
const REFUSED_KEYWORDS = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'patternProperties',
  'oneOf',
  'not',
  'if',
] as const;

const CHILD_LISTS = ['anyOf', 'allOf', 'prefixItems'] as const;
const CHILD_MAPS = ['properties', '$defs', 'definitions'] as const;

/** Deeper schemas are not followed; no schema that the API accepts comes near. */
const MAX_DEPTH = 64;

/**
 * Whether a JSON schema stays within what `output_config.format` and strict tools accept
 * (https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations).
 * Patterns and string formats are not judged.
 */
export function isNativeSchema(schema: JsonObject): boolean {
  return accepts(schema, { root: schema, open: new Set(), done: new Set() }, 0);
}

interface Walk {
  root: JsonObject;
  /** References being followed: meeting one again means that the schema is recursive. */
  open: Set<string>;
  /** References known to be fine, so that each is followed once. */
  done: Set<string>;
}

function accepts(value: Json | undefined, walk: Walk, depth: number): boolean {
  const node = asObject(value);
  if (!node) return true;
  if (depth > MAX_DEPTH || !acceptsKeywords(node)) return false;
  const reference = asString(node.$ref);
  if (reference !== undefined && !walk.done.has(reference)) {
    if (!reference.startsWith('#') || walk.open.has(reference)) return false;
    walk.open.add(reference);
    if (!accepts(resolve(reference, walk.root), walk, depth + 1)) return false;
    walk.open.delete(reference);
    walk.done.add(reference);
  }
  const children: (Json | undefined)[] = [node.items];
  for (const name of CHILD_LISTS) children.push(...asArray(node[name]));
  for (const name of CHILD_MAPS) children.push(...Object.values(asObject(node[name]) ?? {}));
  return children.every((child) => accepts(child, walk, depth + 1));
}

function acceptsKeywords(node: JsonObject): boolean {
  if (REFUSED_KEYWORDS.some((keyword) => node[keyword] !== undefined)) return false;
  if ((asNumber(node.minItems) ?? 0) > 1) return false;
  if (asArray(node.enum).some((item) => typeof item === 'object' && item !== null)) return false;
  const types = Array.isArray(node.type) ? node.type : [node.type];
  const isObjectSchema = types.includes('object') || node.properties !== undefined;
  return !isObjectSchema || node.additionalProperties === false;
}

/** A JSON pointer within the schema (RFC 6901). */
function resolve(reference: string, root: JsonObject): Json | undefined {
  let node: Json | undefined = root;
  for (const token of reference.slice(1).split('/').filter(Boolean)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    node = Array.isArray(node) ? node[Number(name)] : asObject(node)?.[name];
  }
  return node;
}
