/** A name as look-ups compare it: case does not matter, and dots and dashes are equal. */
export function foldName(name: string): string {
  return name.trim().toLowerCase().replaceAll('.', '-');
}

/** Longer names than this are compared by their beginning. */
const COMPARED_LENGTH = 100;

/** Names less alike than this are no suggestion. */
const LEAST_LIKENESS = 0.3;

/**
 * The names most like the asked one, best first: by the Dice coefficient of their trigrams
 * (https://en.wikipedia.org/wiki/Dice-S%C3%B8rensen_coefficient).
 */
export function nearestNames(asked: string, names: Iterable<string>, count: number): string[] {
  const wanted = trigrams(asked);
  return [...names]
    .map((name) => ({ name, likeness: likeness(wanted, trigrams(name)) }))
    .filter((entry) => entry.likeness >= LEAST_LIKENESS)
    .sort((a, b) => b.likeness - a.likeness || a.name.length - b.name.length)
    .slice(0, count)
    .map((entry) => entry.name);
}

function trigrams(name: string): Set<string> {
  const padded = `  ${foldName(name.slice(0, COMPARED_LENGTH))} `;
  const found = new Set<string>();
  for (let at = 0; at + 3 <= padded.length; at++) found.add(padded.slice(at, at + 3));
  return found;
}

function likeness(a: Set<string>, b: Set<string>): number {
  let common = 0;
  for (const gram of a) if (b.has(gram)) common++;
  return (2 * common) / (a.size + b.size);
}
