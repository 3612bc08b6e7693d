import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { asString } from '../lib/json.ts';
import { SHIPPED_PROVIDERS } from './catalog.ts';
import { readJsonSecret } from './json-secret.ts';
import type { Provider, Variable } from './types.ts';

/** A part of a URL that is filled in before a request is sent: `{account_id}`. */
export const PART = /\{([a-z][a-z0-9_]*)\}/g;

/** What may be filled in: it can neither end a host or a path segment nor begin a query. */
const VALUE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/**
 * The variables of all shipped providers. A base URL that the operator declares may use them too; no
 * other variable of the deployment can get into a URL.
 */
const VARIABLES: ReadonlyMap<string, Variable> = new Map(
  [...SHIPPED_PROVIDERS.values()].flatMap(({ variables }) => Object.entries(variables ?? {})),
);

/** Whether a base URL may hold `{name}`. */
export function isVariable(name: string): boolean {
  return VARIABLES.has(name);
}

/**
 * Fills in the `{name}` parts of a URL.
 * @param url base URL and path. Paths hold what callers chose in percent-encoding only, so no brace.
 * @throws GatewayError `upstream_credentials_rejected` when a value is missing or unusable.
 */
export function fillIn(url: string, env: Env, secret: string | null): string {
  if (!url.includes('{')) return url;
  return url.replace(PART, (part, name: string) => {
    const value = lookUp(name, env, secret);
    if (value !== null) return value;
    throw new GatewayError('upstream_credentials_rejected', {
      cause: new Error(`${part} has no usable value in ${url}`),
    });
  });
}

/** The environment variables that would fill what a provider's URL lacks; empty when nothing is missing. */
export function missingVariables(provider: Provider, env: Env): string[] {
  if (!provider.baseUrl.includes('{')) return [];
  return [...provider.baseUrl.matchAll(PART)].flatMap(([, name = '']) => {
    const variable = VARIABLES.get(name);
    if (variable?.secretField !== undefined || lookUp(name, env, null) !== null) return [];
    return [variable?.env[0] ?? name];
  });
}

/** Whether a provider's address depends on the secret: then each account has one of its own. */
export function hangsOnSecret({ baseUrl }: Provider): boolean {
  if (!baseUrl.includes('{')) return false;
  return [...baseUrl.matchAll(PART)].some(([, name = '']) => VARIABLES.get(name)?.secretField !== undefined);
}

/** Whether an endpoint is to be had where its provider's address is set to: one that names regions is there alone. */
export function servesHere(
  { regions }: { regions: readonly string[] },
  provider: Provider,
  env: Env,
): boolean {
  if (regions.length === 0) return true;
  const region = regionOf(provider, env);
  return region === null || regions.includes(region);
}

/** The region that a provider's address is set to; null where the address names none. */
function regionOf({ baseUrl }: Provider, env: Env): string | null {
  for (const [, name = ''] of baseUrl.matchAll(PART))
    if (VARIABLES.get(name)?.isRegion) return lookUp(name, env, null);
  return null;
}

function lookUp(name: string, env: Env, secret: string | null): string | null {
  const variable = VARIABLES.get(name);
  if (!variable) return null;
  const value = ofSecret(variable, secret) ?? ofEnvironment(variable, env) ?? variable.default;
  if (value === undefined || !VALUE.test(value)) return null;
  if (variable.write === undefined) return value;
  const { except, otherwise } = variable.write;
  return Object.hasOwn(except, value) ? (except[value] ?? null) : otherwise.replace('*', () => value);
}

/** What belongs to the secret comes first: another secret means another project. */
function ofSecret({ secretField }: Variable, secret: string | null): string | undefined {
  if (secretField === undefined || secret === null) return undefined;
  return asString(readJsonSecret(secret)?.[secretField]);
}

function ofEnvironment(variable: Variable, env: Env): string | undefined {
  for (const name of variable.env) {
    const value = env[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}
