import { configOf, type Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { LruMap } from '../lib/lru.ts';
import type { Registry } from '../registry/snapshot.ts';
import type { SealedCredential } from '../registry/types.ts';
import { restsUntil } from './cool-down.ts';
import { unseal } from './seal.ts';
import type { Provider } from './types.ts';
import { missingVariables } from './variables.ts';

/** One way to be known to a provider. `id` names it for cool-downs; `stored` is null where nothing is. */
export interface Credential {
  id: string;
  kind: 'none' | 'environment' | 'stored';
  stored: SealedCredential | null;
}

/** More credentials than this are not tried on one endpoint: other endpoints get their turn. */
const TRIED_PER_ENDPOINT = 3;

const NOTHING: Credential = { id: 'none', kind: 'none', stored: null };
const NO_CREDENTIALS: readonly SealedCredential[] = [];

/** Opened secrets of this isolate, by credential and base URL. A replaced secret has another credential id. */
const opened = new LruMap<string, string>(1000);

/**
 * The credentials with which a provider may be called, in the order in which they are tried: the
 * workspace's own by priority and weight, then the operator's, else the first environment variable that
 * the provider names. Those that rest are left out while any other is there. Empty: it cannot be called.
 * @param own the workspace's, for any provider.
 */
export function credentialsFor(
  provider: Provider,
  registry: Registry,
  env: Env,
  own: readonly SealedCredential[] = NO_CREDENTIALS,
): readonly Credential[] {
  if (provider.transport === 'internal') return configOf(env).local ? [NOTHING] : [];
  if (missingVariables(provider, env).length > 0) return [];
  if (provider.auth.kind === 'none') return [NOTHING];
  const mine = own.length === 0 ? own : own.filter((credential) => credential.provider === provider.id);
  const all = inTurn(mine).map(storedCredential);
  if (!mine.some((credential) => credential.exclusive)) all.push(...operators(provider, registry, env));
  if (all.length <= 1) return all;
  const now = Date.now();
  const awake = all.filter(({ id }) => restsUntil(id) <= now);
  if (awake.length > 0) return awake.slice(0, TRIED_PER_ENDPOINT);
  return [all.reduce((first, other) => (restsUntil(other.id) < restsUntil(first.id) ? other : first))];
}

/** Whether a request could be sent to this provider now: whether what it needs is configured. */
export function isServable(
  provider: Provider,
  registry: Registry,
  env: Env,
  own: readonly SealedCredential[] = NO_CREDENTIALS,
): boolean {
  return credentialsFor(provider, registry, env, own).length > 0;
}

/** Those of the workspace's own alone, as `credentialsFor` gives them. */
export function ownCredentials(
  provider: Provider,
  registry: Registry,
  env: Env,
  own: readonly SealedCredential[] = NO_CREDENTIALS,
): readonly Credential[] {
  const exclusive = own.map((credential) => ({ ...credential, exclusive: true }));
  return credentialsFor(provider, registry, env, exclusive).filter(isOwn);
}

/** Whether a credential is the workspace's own. */
export function isOwn({ stored }: Credential): boolean {
  return stored?.workspace !== undefined;
}

/**
 * The secret to send, null where none is needed. Synchronous but for the first use of a sealed secret in
 * an isolate.
 * @throws GatewayError `upstream_credentials_rejected`, as a rejection, when the sealed secret does not open.
 */
export function secretOf(
  credential: Credential,
  provider: Provider,
  env: Env,
): string | null | Promise<string | null> {
  if (credential.kind === 'none') return null;
  if (!credential.stored) return fromEnvironment(provider, env);
  const key = `${credential.id}|${provider.id}|${provider.baseUrl}`;
  return opened.get(key) ?? open(credential.stored, key, provider, env);
}

/** The names among a provider's environment variables that are set. */
export function setVariables(provider: Provider, env: Env): string[] {
  return (provider.env ?? []).filter((name) => isSecret(env[name]));
}

/** The credential in the environment, null where no variable of the provider is set. */
export function credentialFromEnvironment(provider: Provider, env: Env): Credential | null {
  if (fromEnvironment(provider, env) === null) return null;
  return { id: `environment:${provider.id}`, kind: 'environment', stored: null };
}

/** A stored credential as calls use it. */
function storedCredential(stored: SealedCredential): Credential {
  return { id: stored.id, kind: 'stored', stored };
}

function operators(provider: Provider, registry: Registry, env: Env): Credential[] {
  const stored = registry.credentials(provider.id);
  if (stored.length > 0) return inTurn(stored).map(storedCredential);
  const credential = credentialFromEnvironment(provider, env);
  return credential ? [credential] : [];
}

/** By priority, and among equals at random by weight: a draw without replacement (Efraimidis and Spirakis, 2006). */
function inTurn(credentials: readonly SealedCredential[]): readonly SealedCredential[] {
  if (credentials.length <= 1) return credentials;
  return credentials
    .map((credential) => {
      const { priority = 0, weight = 1 } = credential;
      return { credential, priority, draw: weight > 0 ? -Math.log(1 - Math.random()) / weight : Infinity };
    })
    .toSorted((a, b) => a.priority - b.priority || (a.draw < b.draw ? -1 : a.draw > b.draw ? 1 : 0))
    .map(({ credential }) => credential);
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

async function open(stored: SealedCredential, key: string, provider: Provider, env: Env): Promise<string> {
  try {
    const secret = await unseal(stored.sealed, configOf(env).encryptionKeys, {
      provider: provider.id,
      baseUrl: provider.baseUrl,
      workspace: stored.workspace,
    });
    opened.set(key, secret);
    return secret;
  } catch (cause) {
    throw new GatewayError('upstream_credentials_rejected', { cause });
  }
}
