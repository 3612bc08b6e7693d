/** How every id begins the gateway hands out: it names the kind. */
const PREFIXES = {
  request: 'req_',
  generation: 'gen_',
  workspace: 'ws_',
  project: 'prj_',
  key: 'key_',
  credential: 'cred_',
  audit: 'aud_',
  price: 'prc_',
  entry: 'ent_',
  user: 'usr_',
  session: 'ses_',
  account: 'acc_',
  verification: 'ver_',
  member: 'mem_',
  invitation: 'inv_',
  topUp: 'top_',
  invoice: 'inv_',
  advance: 'adv_',
  // OpenAI's own: clients tell files from their content by it.
  file: 'file-',
  batch: 'batch_',
  response: 'resp_',
} as const;

export type IdKind = keyof typeof PREFIXES;

// Crockford's base 32 in lower case: sorts as the number does, no look-alikes.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

const ID_BYTES = 16;

// Random bytes are drawn for many ids at once: the call costs more than the bytes do.
const POOL = new Uint8Array(64 * ID_BYTES);
let used = POOL.length;

/**
 * A new id such as `gen_01k9…`: a 48-bit millisecond time and 80 random bits, as a ULID
 * (https://github.com/ulid/spec), so that ids of one kind sort by age.
 */
export function newId(kind: IdKind, now: number = Date.now()): string {
  if (used === POOL.length) {
    crypto.getRandomValues(POOL);
    used = 0;
  }
  const start = used;
  used += ID_BYTES;
  return idOf(kind, now, POOL.subarray(start, used));
}

/** Behind the prefix: 10 characters of time, 16 that are random. */
const STEM = /^[0-9a-hjkmnp-tv-z]{26}$/;

/** Whether a text could be an id of a kind, be there such a thing or not. */
export function isIdOf(kind: IdKind, text: string): boolean {
  const prefix = PREFIXES[kind];
  return text.startsWith(prefix) && STEM.test(text.slice(prefix.length));
}

/**
 * The id of a time and 16 bytes, of which 5 bits each count.
 * @param now Unix milliseconds.
 */
export function idOf(kind: IdKind, now: number, bytes: Uint8Array): string {
  let time = '';
  let rest = now;
  for (let i = 0; i < 10; i++) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let random = '';
  for (const byte of bytes) random += ALPHABET.charAt(byte & 31);
  return `${PREFIXES[kind]}${time}${random}`;
}
