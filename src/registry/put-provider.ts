import { and, eq, isNull } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import { type Db, database } from '../db/client.ts';
import { credentials, providers } from '../db/schema/registry.ts';
import { configOf, type Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { newId } from '../lib/id.ts';
import type { JsonObject } from '../lib/json.ts';
import { SHIPPED_PROVIDERS } from '../providers/catalog.ts';
import { WIRE_DEFAULTS } from '../providers/defaults.ts';
import { seal } from '../providers/seal.ts';
import type { Auth, Provider } from '../providers/types.ts';
import { checkBaseUrl } from '../providers/url.ts';
import type { Quirks, WireId } from '../wires/types.ts';
import { changeRegistry } from './change.ts';
import { refreshRegistry } from './load.ts';
import { type ProviderView, viewProvider } from './provider-view.ts';

export interface ProviderInput {
  name?: string | undefined;
  /** May be absent for shipped providers, whose own it then is; likewise `wire`. */
  base_url?: string | undefined;
  wire?: WireId | undefined;
  /** Absent: what is stored stays, on the same host; null: what is stored is deleted. */
  secret?: string | null | undefined;
  auth?: Auth | undefined;
  headers?: Record<string, string> | undefined;
  /** The host may be in a private network. */
  allow_private?: boolean | undefined;
  quirks?: Quirks | undefined;
}

/** Headers that are ours to set, or that would carry a secret past the seal. */
const REFUSED_HEADERS =
  /^(authorization|proxy-.*|cookie|set-cookie|keep-alive|trailer|via|x-real-ip|true-client-ip|host|content-length|content-type|transfer-encoding|connection|te|upgrade|forwarded|x-forwarded-.*|cf-.*|.*(api-?key|token|secret).*)$/i;

/**
 * Declares a provider, or re-declares a shipped one, as a whole. The secret is sealed for the provider's host.
 * @throws GatewayError `invalid_value`, `missing_parameter`, `storage_unavailable`.
 */
export async function putProvider(
  env: Env,
  actor: string,
  id: string,
  input: ProviderInput,
): Promise<ProviderView> {
  const provider = declare(env, id, input);
  const before = (await refresh(env)).provider(id) ?? null;
  const statements = await secretStatements(env, provider, before, input.secret);
  const now = Date.now();
  const row = {
    id,
    name: provider.name,
    baseUrl: provider.baseUrl,
    wire: provider.wire,
    auth: provider.auth,
    headers: provider.headers ?? null,
    quirks: provider.quirks ?? null,
    createdAt: now,
    updatedAt: now,
  };
  const { id: _id, createdAt: _createdAt, ...changed } = row;
  const registry = await changeRegistry(
    env,
    (db) => [
      db.insert(providers).values(row).onConflictDoUpdate({ target: providers.id, set: changed }),
      ...statements(db),
    ],
    {
      actor,
      action: 'provider.put',
      target: id,
      before: before && logged(before),
      after: { ...logged(provider), secret: secretWord(input.secret) },
      at: now,
    },
  );
  return viewProvider(registry.provider(id) ?? provider, registry, env);
}

async function refresh(env: Env) {
  try {
    return await refreshRegistry(env);
  } catch (cause) {
    throw new GatewayError('storage_unavailable', { cause });
  }
}

function declare(env: Env, id: string, input: ProviderInput): Provider {
  const shipped = SHIPPED_PROVIDERS.get(id);
  const baseUrl = input.base_url ?? shipped?.baseUrl;
  const wire = input.wire ?? shipped?.wire;
  if (baseUrl === undefined) throw missing('base_url');
  if (wire === undefined) throw missing('wire');
  for (const name of Object.keys(input.headers ?? {})) {
    if (!REFUSED_HEADERS.test(name)) continue;
    throw new GatewayError('invalid_value', {
      param: `headers.${name}`,
      message: `headers must not hold ${name}: secrets are given as \`secret\`, and some headers are the gateway's own.`,
    });
  }
  const like = shipped?.wire === wire ? shipped : WIRE_DEFAULTS[wire];
  const headers = { ...like.headers, ...input.headers };
  const quirks = input.quirks ?? (input.base_url === undefined ? shipped?.quirks : undefined);
  return {
    id,
    name: input.name ?? shipped?.name ?? id,
    baseUrl: checkBaseUrl(baseUrl, configOf(env).local, input.allow_private),
    wire,
    auth: input.auth ?? like.auth,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(quirks ? { quirks } : {}),
  };
}

/** What becomes of the stored secret. */
async function secretStatements(
  env: Env,
  provider: Provider,
  before: Provider | null,
  secret: string | null | undefined,
): Promise<(db: Db) => BatchItem<'sqlite'>[]> {
  const stored = and(eq(credentials.providerId, provider.id), isNull(credentials.workspaceId));
  const forget = (db: Db): BatchItem<'sqlite'> => db.delete(credentials).where(stored);
  if (secret === null) return (db) => [forget(db)];
  if (secret === undefined) {
    const moved = before && new URL(before.baseUrl).host !== new URL(provider.baseUrl).host;
    if (!moved) return () => [];
    const known = await database(env.DB).select({ id: credentials.id }).from(credentials).where(stored).get();
    if (!known) return () => [];
    throw new GatewayError('missing_parameter', {
      param: 'secret',
      message: 'secret is required: the stored one was given for another host and is never sent elsewhere.',
    });
  }
  const { encryptionKey } = configOf(env);
  if (encryptionKey === null) {
    throw new GatewayError('invalid_value', {
      param: 'secret',
      message: 'secret cannot be stored: this deployment has no ENCRYPTION_KEY.',
    });
  }
  const row = {
    id: newId('credential'),
    providerId: provider.id,
    workspaceId: null,
    sealed: await seal(secret, encryptionKey, { provider: provider.id, baseUrl: provider.baseUrl }),
    lastFour: secret.length >= 12 ? secret.slice(-4) : '',
    createdAt: Date.now(),
  };
  return (db) => [forget(db), db.insert(credentials).values(row)];
}

function missing(param: string): GatewayError {
  return new GatewayError('missing_parameter', { param, message: `${param} is required.` });
}

/** What of a provider stands in the audit log. */
export function logged(provider: Provider): JsonObject {
  const { name, baseUrl, wire, auth, headers, quirks } = provider;
  return JSON.parse(JSON.stringify({ name, base_url: baseUrl, wire, auth, headers, quirks })) as JsonObject;
}

function secretWord(secret: string | null | undefined): string {
  if (secret === undefined) return 'unchanged';
  return secret === null ? 'deleted' : 'set';
}
