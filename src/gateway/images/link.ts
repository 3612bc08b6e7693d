import { GatewayError } from '../../errors.ts';
import { LruMap } from '../../lib/lru.ts';

/** A link to a picture holds for so long, seconds. */
export const LINK_SECONDS = 60 * 60;

/** What keys are derived for: one that seals secrets signs nothing. */
const PURPOSE = new TextEncoder().encode('interline image links');

const keys = new LruMap<string, Promise<CryptoKey>>(8);

/**
 * The query of a link to a stored picture: until when it holds, and its signature.
 * @param key of the object.
 * @param encryptionKey ENCRYPTION_KEY: 32 bytes, base64.
 * @param expires Unix seconds.
 */
export async function signLink(key: string, encryptionKey: string, expires: number): Promise<string> {
  const signature = await crypto.subtle.sign(
    'HMAC',
    await signingKey(encryptionKey),
    messageOf(key, expires),
  );
  return `expires=${expires}&signature=${Buffer.from(signature).toString('base64url')}`;
}

/**
 * Checks a link.
 * @param encryptionKeys the current one and those before it.
 * @param now Unix milliseconds.
 * @throws GatewayError `not_found`, which tells of no object whether it is there.
 */
export async function checkLink(
  key: string,
  query: { expires: string | undefined; signature: string | undefined },
  encryptionKeys: readonly string[],
  now: number,
): Promise<void> {
  const expires = Number(query.expires);
  if (Number.isSafeInteger(expires) && query.signature && expires * 1000 > now) {
    const signature = Buffer.from(query.signature, 'base64url');
    for (const encryptionKey of encryptionKeys) {
      const signing = await signingKey(encryptionKey);
      if (await crypto.subtle.verify('HMAC', signing, signature, messageOf(key, expires))) return;
    }
  }
  throw new GatewayError('not_found', {
    message: 'There is no such picture, or its link has expired: links hold for an hour.',
  });
}

function messageOf(key: string, expires: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(`${key}\n${expires}`));
}

function signingKey(encryptionKey: string): Promise<CryptoKey> {
  let key = keys.get(encryptionKey);
  if (!key) {
    key = derive(encryptionKey);
    keys.set(encryptionKey, key);
  }
  return key;
}

/** HKDF (RFC 5869) without salt. */
async function derive(encryptionKey: string): Promise<CryptoKey> {
  const secret = Uint8Array.from(Buffer.from(encryptionKey, 'base64'));
  const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  return await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: PURPOSE },
    base,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign', 'verify'],
  );
}
