import { foldName } from './names.ts';
import type { Model } from './types.ts';

/** A version among the words of a model's name: `4`, `5.2`, `v3`, and dates such as `2508` or `2025-08-07` piece by piece. */
const VERSION = /^v?\d+(\.\d+)*$/;

/**
 * The names that move: `claude-sonnet-latest` is the newest Claude Sonnet that has an endpoint.
 *
 * Of a family are a vendor's chat models that give text alone and whose name is that of the family with versions in it and nothing else:
 * `claude-sonnet-5`, `nova-2-lite-v1`, but no preview, size or variant. Families are those that the registry
 * names. One of a single word, such as `gpt`, needs two members to be one: models of other lines bear the
 * vendor's word too. Newest is what was released last; on one day, what has the highest version.
 * @param models by id, so that the same registry gives the same names.
 * @param isServed whether a model has an endpoint.
 * @param isTaken whether a folded name means a model already: such a name does not move.
 * @returns name → model, as `<vendor>/<family>-latest` and, where one vendor alone has such a family,
 *   `<family>-latest`.
 */
export function latestNames(
  models: readonly Model[],
  isServed: (model: Model) => boolean,
  isTaken: (folded: string) => boolean,
): Map<string, Model> {
  const named = new Set(models.map(({ vendor, family }) => `${vendor}/${family?.toLowerCase()}`));
  const members = new Map<string, Model[]>();
  for (const model of models) {
    const key = familyOf(model);
    if (key === null || !named.has(key) || !isServed(model)) continue;
    members.set(key, [...(members.get(key) ?? []), model]);
  }
  const families = [...members].filter(
    ([key, { length }]) => key.includes('-', key.indexOf('/')) || length > 1,
  );
  const vendors = Map.groupBy(families, ([key]) => bare(key));
  const names = new Map<string, Model>();
  for (const [key, all] of families) {
    const newest = all.reduce((known, model) => (isNewer(model, known) ? model : known));
    const name = `${key}-latest`;
    const spellings = vendors.get(bare(key))?.length === 1 ? [bare(name), name] : [name];
    for (const each of spellings) if (!isTaken(foldName(each))) names.set(each, newest);
  }
  return names;
}

function bare(id: string): string {
  return id.slice(id.indexOf('/') + 1);
}

/** `vendor/family` by the model's name; null where no version stands in it, or its release is not known. */
function familyOf({ id, vendor, kind, outputModalities, releaseDate }: Model): string | null {
  if (kind !== 'chat' || outputModalities.join() !== 'text' || releaseDate === null) return null;
  const words = bare(id).toLowerCase().split('-');
  const plain = words.filter((word) => !VERSION.test(word));
  return plain.length > 0 && plain.length < words.length ? `${vendor}/${plain.join('-')}` : null;
}

function isNewer(model: Model, than: Model): boolean {
  const [a = '', b = ''] = [model.releaseDate ?? '', than.releaseDate ?? ''];
  if (a !== b) return a > b;
  const known = versionOf(than);
  for (const [index, part] of versionOf(model).entries()) {
    if (part !== (known[index] ?? 0)) return part > (known[index] ?? 0);
  }
  return false;
}

function versionOf({ id }: Model): number[] {
  return (bare(id).match(/\d+/g) ?? []).map(Number);
}
