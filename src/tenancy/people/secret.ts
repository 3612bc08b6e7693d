import { configOf, type Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';

/**
 * The secret that signs session cookies: AUTH_SECRET, else one derived from ENCRYPTION_KEY with HKDF
 * (RFC 5869), so that neither tells the other.
 * @throws GatewayError `auth_unavailable` when the deployment has neither.
 */
export async function authSecret(env: Env): Promise<string> {
  const { authSecret: given, encryptionKey } = configOf(env);
  if (given !== null) return given;
  if (encryptionKey === null) {
    throw new GatewayError('auth_unavailable', {
      message: 'This deployment has no secret to sign sessions with: set ENCRYPTION_KEY or AUTH_SECRET.',
    });
  }
  const text = new TextEncoder();
  const key = await crypto.subtle.importKey('raw', text.encode(encryptionKey), 'HKDF', false, ['deriveBits']);
  const bits = await crypto.subtle.deriveBits(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: text.encode('interline sessions v1') },
    key,
    256,
  );
  return btoa(String.fromCharCode(...new Uint8Array(bits)));
}
