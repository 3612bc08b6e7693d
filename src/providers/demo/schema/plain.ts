import { asArray, asString, isObject, type Json, type JsonObject } from '../../../lib/json.ts';

/** References are followed this far, so that those that lead in circles end. */
const MAX_STEPS = 16;

/**
 * A schema with its references followed and its combinators resolved: one set of keywords that an
 * example can be made from. `true`, `false` and what is no schema become the empty one.
 * @param root where references point into.
 * @param shallow prefers branches that hold no reference, to come to an end.
 */
export function plainSchema(schema: Json | undefined, root: Json, shallow: boolean): JsonObject {
  let plain = isObject(schema) ? schema : {};
  for (let step = 0; step < MAX_STEPS; step++) {
    const { $ref: ref, allOf, anyOf, oneOf, ...rest } = plain;
    const branches = asArray(anyOf ?? oneOf);
    const others = [...(typeof ref === 'string' ? [pointedAt(ref, root)] : []), ...asArray(allOf)];
    if (others.length > 0)
      plain = merge({ ...rest, ...(branches.length > 0 && { anyOf: branches }) }, others);
    else if (branches.length > 0) plain = merge(rest, [choose(branches, shallow)]);
    else return plain;
  }
  return {};
}

/** The schema and others that hold beside it as one. */
function merge(schema: JsonObject, others: readonly (Json | undefined)[]): JsonObject {
  let merged = schema;
  for (const other of others) {
    if (!isObject(other)) continue;
    const properties = { ...asProperties(other), ...asProperties(merged) };
    const required = [...asArray(merged.required), ...asArray(other.required)];
    merged = {
      ...other,
      ...merged,
      ...(Object.keys(properties).length > 0 && { properties }),
      ...(required.length > 0 && { required }),
    };
  }
  return merged;
}

function asProperties(schema: JsonObject): JsonObject {
  return isObject(schema.properties) ? schema.properties : {};
}

/** A branch that says something, rather than null. */
function choose(branches: readonly Json[], shallow: boolean): Json | undefined {
  const valued = branches.filter(
    (branch) => isObject(branch) && branch.type !== 'null' && branch.const !== null,
  );
  if (!shallow) return valued[0] ?? branches[0];
  return branches.find((branch) => !JSON.stringify(branch).includes('"$ref"')) ?? valued[0];
}

/** What a JSON pointer such as `#/$defs/node` points at (RFC 6901). References elsewhere are not followed. */
function pointedAt(ref: string, root: Json): Json | undefined {
  if (!ref.startsWith('#')) return undefined;
  let at: Json | undefined = root;
  for (const part of decodeURIComponent(ref).split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(at)) at = at[Number(name)];
    else at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return asString(at) === undefined ? at : undefined;
}
