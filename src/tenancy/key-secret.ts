import { hash } from 'node:crypto';

/** Every key begins with this, so that secret scanners find it. */
export const KEY_PREFIX = 'inf_';

// Base 62 in the order of ASCII.
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const SHAPE = new RegExp(`^${KEY_PREFIX}[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`);

/**
 * A new key: `inf_`, 32 random base-62 characters (190 bits) and 6 of a CRC-32 over what stands before
 * them, the scheme of GitHub's tokens
 * (https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/).
 */
export function newKeySecret(): string {
  let body = KEY_PREFIX;
  while (body.length < KEY_PREFIX.length + RANDOM_LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(RANDOM_LENGTH))) {
      // 248 is the largest multiple of 62 in a byte: above it some digits would be likelier than others.
      if (byte < 248 && body.length < KEY_PREFIX.length + RANDOM_LENGTH) body += DIGITS.charAt(byte % 62);
    }
  }
  return body + checksum(body);
}

/** Whether this can be a key at all, told without any look-up: its shape and its checksum are right. */
export function isWellFormed(secret: string): boolean {
  return SHAPE.test(secret) && secret.endsWith(checksum(secret.slice(0, -CHECKSUM_LENGTH)));
}

/** SHA-256 of the whole credential in lower-case hex. Synchronous: in workerd no slower than WebCrypto. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret);
}

/** Whether two hashes of `hashSecret` are equal, in a time that does not tell how much of them is. */
export function sameHash(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = DIGITS.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** CRC-32 (ISO-HDLC, as in zlib and PNG) of ASCII text. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
