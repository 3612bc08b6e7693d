/** Prefix of every id the gateway hands out; the prefix names the kind. */
const PREFIXES = {
  request: 'req',
  generation: 'gen',
  workspace: 'ws',
  project: 'prj',
  key: 'key',
  credential: 'cred',
  audit: 'aud',
  price: 'prc',
  entry: 'ent',
  user: 'usr',
  session: 'ses',
  account: 'acc',
  verification: 'ver',
  member: 'mem',
  invitation: 'inv',
  topUp: 'top',
  invoice: 'inv',
  advance: 'adv',
} as const;

export type IdKind = keyof typeof PREFIXES;

// Crockford's base 32 in lower case: sorts as the number does, no look-alikes.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A new id such as `gen_01k9…`: a 48-bit millisecond time and 80 random bits, as a ULID
 * (https://github.com/ulid/spec), so that ids of one kind sort by age.
 */
export function newId(kind: IdKind, now: number = Date.now()): string {
  let time = '';
  let rest = now;
  for (let i = 0; i < 10; i++) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let random = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) random += ALPHABET.charAt(byte & 31);
  return `${PREFIXES[kind]}_${time}${random}`;
}
