import { LruMap } from './lru.ts';

/** Globs as they are matched: the pieces between their stars, folded. */
const known = new LruMap<string, readonly string[]>(1000);

/**
 * Whether a glob means a model, by its canonical id: `openai/*`, `*`, `anthropic/claude-*`. A star stands for
 * anything, slashes too, and no other character is special; case does not matter, and dots and dashes are equal,
 * as in names. Callers write globs, so that one takes no longer than its length times that of the id.
 */
export function matchesModel(glob: string, modelId: string): boolean {
  let pieces = known.get(glob);
  if (!pieces) {
    pieces = fold(glob).split('*');
    known.set(glob, pieces);
  }
  return matches(pieces, fold(modelId));
}

function matches([first = '', ...others]: readonly string[], id: string): boolean {
  const last = others.pop();
  if (last === undefined) return id === first;
  if (id.length < first.length + last.length || !id.startsWith(first) || !id.endsWith(last)) return false;
  const end = id.length - last.length;
  let at = first.length;
  // The earliest place of each piece leaves the most room for those behind it.
  for (const piece of others) {
    const found = id.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll('.', '-');
}
