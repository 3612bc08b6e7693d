import { isObject, type Json, type JsonObject } from '../../lib/json.ts';

/** What the cost of validating a value depends on. */
export interface Size {
  /** The most members of one object, the most items of one array, the most characters of one string. */
  members: number;
  items: number;
  characters: number;
  depth: number;
  values: number;
  /** The names of all members. */
  names: Set<string>;
}

/** Measures a value, but no deeper than a limit: `depth` is more than that then. */
export function sizeOf(value: Json, maxDepth: number): Size {
  const size: Size = { members: 0, items: 0, characters: 0, depth: 0, values: 0, names: new Set() };
  measure(value, 1, maxDepth, size);
  return size;
}

function measure(value: Json | undefined, depth: number, maxDepth: number, size: Size): void {
  size.values++;
  size.depth = Math.max(size.depth, depth);
  if (depth > maxDepth) return;
  if (typeof value === 'string') size.characters = Math.max(size.characters, value.length);
  else if (Array.isArray(value)) {
    size.items = Math.max(size.items, value.length);
    for (const item of value) measure(item, depth + 1, maxDepth, size);
  } else if (isObject(value)) {
    const names = Object.keys(value);
    size.members = Math.max(size.members, names.length);
    for (const name of names) {
      size.names.add(name);
      size.characters = Math.max(size.characters, name.length);
      measure(value[name], depth + 1, maxDepth, size);
    }
  }
}

/** How many addresses (`$id`, in draft 4 `id`) parts of a schema give themselves, its root aside. */
export function innerAddresses(schema: JsonObject): number {
  let count = 0;
  const walk = (value: Json | undefined, isRoot: boolean): void => {
    if (Array.isArray(value)) for (const item of value) walk(item, false);
    if (!isObject(value)) return;
    if (!isRoot && (typeof value.$id === 'string' || typeof value.id === 'string')) count++;
    for (const [name, member] of Object.entries(value)) if (!GIVEN.has(name)) walk(member, false);
  };
  walk(schema, true);
  return count;
}

/** Keywords whose values are values and no schemas. */
const GIVEN: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples']);
