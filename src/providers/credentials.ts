import { configOf, type Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { LruMap } from '../lib/lru.ts';
import type { Registry } from '../registry/snapshot.ts';
import { unseal } from './seal.ts';
import type { Provider } from './types.ts';

/** Opened secrets of this isolate, by credential and base URL. A replaced secret has another credential id. */
const opened = new LruMap<string, string>(1000);

/**
 * The secret to send to a provider: the operator's sealed one, else the first environment variable that
 * the provider names, else null. Synchronous but for the first use of a sealed secret in an isolate.
 * @throws GatewayError `upstream_credentials_rejected`, as a rejection, when the sealed secret does not open.
 */
export function secretOf(
  provider: Provider,
  registry: Registry,
  env: Env,
): string | null | Promise<string | null> {
  if (provider.auth.kind === 'none') return null;
  const credential = registry.credential(provider.id);
  if (!credential) return fromEnvironment(provider, env);
  const key = `${credential.id}|${provider.baseUrl}`;
  return opened.get(key) ?? open(credential.sealed, key, provider, env);
}

/** Whether a request could be sent to this provider now: whether what it needs is configured. */
export function isServable(provider: Provider, registry: Registry, env: Env): boolean {
  if (provider.transport === 'internal') return configOf(env).local;
  if (provider.auth.kind === 'none') return true;
  return registry.credential(provider.id) !== undefined || fromEnvironment(provider, env) !== null;
}

/** The names among a provider's environment variables that are set. */
export function setVariables(provider: Provider, env: Env): string[] {
  return (provider.env ?? []).filter((name) => isSecret(env[name]));
}

function fromEnvironment(provider: Provider, env: Env): string | null {
  for (const name of provider.env ?? []) {
    const value = env[name];
    if (isSecret(value)) return value;
  }
  return null;
}

function isSecret(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

async function open(sealed: string, key: string, provider: Provider, env: Env): Promise<string> {
  const { encryptionKey } = configOf(env);
  try {
    if (encryptionKey === null) throw new Error('ENCRYPTION_KEY is not set');
    const secret = await unseal(sealed, encryptionKey, { provider: provider.id, baseUrl: provider.baseUrl });
    opened.set(key, secret);
    return secret;
  } catch (cause) {
    throw new GatewayError('upstream_credentials_rejected', { cause });
  }
}
