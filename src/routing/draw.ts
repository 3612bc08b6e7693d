/** Of a long text so much of its beginning and as much of its end are hashed, with its length. */
const HASHED_CHARS = 8_192;

/**
 * A number in (0, 1) that depends on the text alone: FNV-1a over its UTF-16 units, mixed by the finalizer of
 * MurmurHash3 (https://en.wikipedia.org/wiki/MurmurHash#Algorithm) so that texts that differ little fall far apart.
 */
export function uniformOf(text: string): number {
  return (hash(text, 0x811c9dc5) + 0.5) / 2 ** 32;
}

/** A short name for a text, 16 hexadecimal digits. Not for secrets: it can be collided with. */
export function fingerprint(text: string): string {
  const half = (seed: number): string => hash(text, seed).toString(16).padStart(8, '0');
  return half(0x811c9dc5) + half(0x2f0b4c47);
}

/**
 * Where an item comes in the draw of a session: those that share a load are taken in ascending order, so that
 * each is first for its share of the sessions, and a session always finds the same order (weighted rendezvous
 * hashing, https://en.wikipedia.org/wiki/Rendezvous_hashing#Weighted_rendezvous_hash).
 */
export function drawOf(session: string, item: string, weight: number): number {
  return weight > 0 ? -Math.log(uniformOf(`${session}\n${item}`)) / weight : Infinity;
}

function hash(text: string, seed: number): number {
  let value = seed ^ text.length;
  for (let at = 0; at < text.length; at++) {
    if (at === HASHED_CHARS) at = Math.max(at, text.length - HASHED_CHARS);
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
