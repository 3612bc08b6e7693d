/** Asks for a text of so many pieces that is found nowhere else. */
export function tellMe(tag: string, pieces = 12): string {
  return `Tell the tale ${tag} of ${pieces}.`;
}

/** The text itself. */
export function taleOf(tag: string, pieces = 12): string {
  return piecesOf(tag, pieces).join('');
}

function piecesOf(tag: string, pieces: number): string[] {
  return Array.from({ length: pieces }, (_, at) => `${tag}.${at} — Zoë 🚀${at === pieces - 1 ? '.' : ', '}`);
}

/** The pieces of the text that a prompt asks for. @throws Error when it asks for none. */
export function toldFor(prompt: string): string[] {
  const [, tag, count] = /Tell the tale (\S+) of (\d+)\./.exec(prompt) ?? [];
  if (tag !== undefined) return piecesOf(tag, Number(count));
  const [, words] = /Say exactly: ([\w ]+)/.exec(prompt) ?? [];
  if (words !== undefined) return words.split(/(?<= )/);
  return ['Yes.'];
}

/**
 * What is left of a text when some of it stands there already.
 * @throws Error when what stands there is not its beginning.
 */
export function restOf(pieces: readonly string[], given: string): string[] {
  if (!pieces.join('').startsWith(given)) throw new Error(`Not the beginning of the tale: ${given}`);
  let skip = given.length;
  return pieces.flatMap((piece) => {
    const left = piece.slice(skip);
    skip = Math.max(0, skip - piece.length);
    return left === '' ? [] : [left];
  });
}
