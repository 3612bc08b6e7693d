/** Thrown when a sealed secret cannot be opened: another key, another host, or damage. Says no more. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

/** `v2.<key id>.<iv>.<ciphertext>`. `v1.<iv>.<ciphertext>` named no key; it is opened, and made no more. */
const VERSION = 'v2';
const FORMER_VERSION = 'v1';
const KEY_BYTES = 32;
/** 96 bits, as NIST SP 800-38D recommends for random nonces of AES-GCM. */
const IV_BYTES = 12;

/** The provider, host and tenant that a secret is for: a sealed secret opens for these alone. */
export interface SealBinding {
  provider: string;
  baseUrl: string;
  /** Whose it is; absent for the operator's. */
  workspace?: string | undefined;
}

/**
 * Seals a secret with AES-256-GCM as `v2.<key id>.<iv>.<ciphertext>`, base64url.
 * @param encryptionKey ENCRYPTION_KEY: 32 bytes, base64.
 * @throws SealError when the key is not 32 bytes of base64.
 */
export async function seal(secret: string, encryptionKey: string, binding: SealBinding): Promise<string> {
  const { key, id } = await importKey(encryptionKey);
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealed = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: additionalData(VERSION, binding) },
    key,
    new TextEncoder().encode(secret),
  );
  return `${VERSION}.${id}.${toBase64Url(iv)}.${toBase64Url(new Uint8Array(sealed))}`;
}

/**
 * Opens what `seal` made for the same provider, host and tenant.
 * @param encryptionKeys the current key and those before it, in any order.
 * @throws SealError for anything else.
 */
export async function unseal(
  sealed: string,
  encryptionKeys: readonly string[],
  binding: SealBinding,
): Promise<string> {
  const { version, keyId, iv, ciphertext } = read(sealed);
  let cause: unknown = new Error('No such key is configured');
  for (const encryptionKey of encryptionKeys) {
    const { key, id } = await importKey(encryptionKey);
    if (keyId !== null && keyId !== id) continue;
    try {
      const opened = await crypto.subtle.decrypt(
        { name: 'AES-GCM', iv: fromBase64(iv), additionalData: additionalData(version, binding) },
        key,
        fromBase64(ciphertext),
      );
      return new TextDecoder().decode(opened);
    } catch (thrown) {
      cause = thrown;
    }
  }
  throw new SealError('The secret does not open with these keys for this host', { cause });
}

/** Whether a secret is sealed in the current format, under this key. @throws SealError when the key is none. */
export async function isSealedUnder(sealed: string, encryptionKey: string): Promise<boolean> {
  return sealed.startsWith(`${VERSION}.${(await importKey(encryptionKey)).id}.`);
}

function read(sealed: string) {
  const [version, ...parts] = sealed.split('.');
  const [keyId, iv, ciphertext, ...rest] = version === FORMER_VERSION ? [null, ...parts] : parts;
  if ((version !== VERSION && version !== FORMER_VERSION) || !iv || !ciphertext || rest.length > 0) {
    throw new SealError('The secret is not sealed in a known format');
  }
  return { version, keyId: keyId ?? null, iv, ciphertext };
}

/** `<provider id>|<host>|<workspace>`; the host with its port, since another port is another server. */
function additionalData(
  version: string,
  { provider, baseUrl, workspace = '' }: SealBinding,
): Uint8Array<ArrayBuffer> {
  const { host } = new URL(baseUrl);
  const former = `${provider}|${host}`;
  // What named no tenant was the operator's: for a tenant it must not open.
  const bound = version === FORMER_VERSION && workspace === '' ? former : `${former}|${workspace}`;
  return Uint8Array.from(new TextEncoder().encode(bound));
}

/** A key and its id, eight hexadecimal digits of its SHA-256: what a rotation is told by. */
async function importKey(encryptionKey: string): Promise<{ key: CryptoKey; id: string }> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = fromBase64(encryptionKey);
  } catch (cause) {
    throw new SealError('ENCRYPTION_KEY is not base64', { cause });
  }
  if (bytes.length !== KEY_BYTES) throw new SealError(`ENCRYPTION_KEY is not ${KEY_BYTES} bytes`);
  const [key, digest] = await Promise.all([
    crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']),
    crypto.subtle.digest('SHA-256', bytes),
  ]);
  return { key, id: toHex(new Uint8Array(digest, 0, 4)) };
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
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
