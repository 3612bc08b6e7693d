/** The first `most` of the items in order, without ordering the rest. @param compare a total order. */
export function takeBest<T>(items: readonly T[], most: number, compare: (a: T, b: T) => number): T[] {
  if (items.length <= most) return items.toSorted(compare);
  const best: T[] = [];
  for (const item of items) {
    const last = best[most - 1];
    if (last !== undefined && compare(item, last) >= 0) continue;
    let at = best.length;
    while (at > 0 && compare(item, best[at - 1] as T) < 0) at--;
    best.splice(at, 0, item);
    if (best.length > most) best.pop();
  }
  return best;
}
