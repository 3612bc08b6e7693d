/**
 * The most that Workers do: https://developers.cloudflare.com/workers/runtime-apis/web-crypto/
 * About 15 ms of CPU; scrypt at its usual cost would take a hundred.
 */
const ITERATIONS = 100_000;
const SALT_BYTES = 16;
const HASH_BITS = 256;
const NAME = 'pbkdf2-sha256';

export const MIN_PASSWORD_LENGTH = 10;
/** A bound on the work that a stranger can cause. */
export const MAX_PASSWORD_LENGTH = 128;

/** A password as it is stored: `pbkdf2-sha256$<iterations>$<salt>$<hash>`, base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const hash = await derive(password, salt, ITERATIONS);
  return [NAME, ITERATIONS, toBase64(salt), toBase64(hash)].join('$');
}

/** Whether a password is the one that was stored. False for anything that `hashPassword` did not make. */
export async function verifyPassword({
  password,
  hash,
}: {
  password: string;
  hash: string;
}): Promise<boolean> {
  const [name, iterations, salt, expected, ...rest] = hash.split('$');
  if (name !== NAME || !salt || !expected || rest.length > 0) return false;
  const rounds = Number(iterations);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > ITERATIONS) return false;
  const known = fromBase64(expected);
  const derived = await derive(password, fromBase64(salt), rounds);
  return known.byteLength === derived.byteLength && crypto.subtle.timingSafeEqual(known, derived);
}

async function derive(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  // The same characters give the same bytes, however a keyboard composes them.
  const bytes = Uint8Array.from(new TextEncoder().encode(password.normalize('NFKC')));
  const key = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveBits']);
  const bits = await crypto.subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
    key,
    HASH_BITS,
  );
  return new Uint8Array(bits);
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
