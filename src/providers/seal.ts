/** Thrown when a sealed secret cannot be opened: another key, another host, or damage. Says no more. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

const VERSION = 'v1';
const KEY_BYTES = 32;
/** 96 bits, as NIST SP 800-38D recommends for random nonces of AES-GCM. */
const IV_BYTES = 12;

/** The provider and host that a secret is for: a sealed secret opens for these alone. */
export interface SealBinding {
  provider: string;
  baseUrl: string;
}

/**
 * Seals a secret with AES-256-GCM as `v1.<iv>.<ciphertext>`, base64url.
 * @param encryptionKey ENCRYPTION_KEY: 32 bytes, base64.
 * @throws SealError when the key is not 32 bytes of base64.
 */
export async function seal(secret: string, encryptionKey: string, binding: SealBinding): Promise<string> {
  const key = await importKey(encryptionKey);
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealed = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: additionalData(binding) },
    key,
    new TextEncoder().encode(secret),
  );
  return `${VERSION}.${toBase64Url(iv)}.${toBase64Url(new Uint8Array(sealed))}`;
}

/** Opens what `seal` made for the same provider and host. @throws SealError for anything else. */
export async function unseal(sealed: string, encryptionKey: string, binding: SealBinding): Promise<string> {
  const [version, iv, ciphertext, ...rest] = sealed.split('.');
  if (version !== VERSION || !iv || !ciphertext || rest.length > 0) {
    throw new SealError('The secret is not sealed in a known format');
  }
  const key = await importKey(encryptionKey);
  try {
    const opened = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: fromBase64(iv), additionalData: additionalData(binding) },
      key,
      fromBase64(ciphertext),
    );
    return new TextDecoder().decode(opened);
  } catch (cause) {
    throw new SealError('The secret does not open with this key for this host', { cause });
  }
}

/** `<provider id>|<host>`; the host with its port, since another port is another server. */
function additionalData({ provider, baseUrl }: SealBinding): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(`${provider}|${new URL(baseUrl).host}`));
}

async function importKey(encryptionKey: string): Promise<CryptoKey> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = fromBase64(encryptionKey);
  } catch (cause) {
    throw new SealError('ENCRYPTION_KEY is not base64', { cause });
  }
  if (bytes.length !== KEY_BYTES) throw new SealError(`ENCRYPTION_KEY is not ${KEY_BYTES} bytes`);
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.trim().replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
