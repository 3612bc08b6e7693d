import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { SHIPPED_PROVIDERS } from '../src/providers/catalog.ts';
import { Variables } from '../src/variables.ts';

const FOLDER = '.wrangler';
const STATE_FILE = join(FOLDER, 'interline.json');
const ENV_FILE = join(FOLDER, 'interline.env');

/** Secrets of this machine's deployment, made once. Lives and dies with the storage beside it. */
export interface LocalState {
  adminKey: string;
  encryptionKey: string;
  /** The password of the seeded demo person. */
  demoPassword: string;
  /** The secret of the seeded demo key, null before the first start. */
  demoKey: string | null;
}

export interface LocalVariables {
  ADMIN_KEY: string;
  ENCRYPTION_KEY: string;
  LOCAL: 'true';
  [name: string]: string;
}

/** Reads the state, or makes it at the first start. */
export function openState(): LocalState {
  const known = existsSync(STATE_FILE)
    ? (JSON.parse(readFileSync(STATE_FILE, 'utf8')) as Partial<LocalState>)
    : {};
  const state: LocalState = {
    adminKey: known.adminKey ?? `op_${randomBytes(24).toString('base64url')}`,
    encryptionKey: known.encryptionKey ?? randomBytes(32).toString('base64'),
    demoPassword: known.demoPassword ?? randomBytes(12).toString('base64url'),
    demoKey: known.demoKey ?? null,
  };
  save(state);
  return state;
}

/** Remembers the demo key, whose secret the gateway shows only once. */
export function saveDemo(demoKey: string): void {
  save({ ...openState(), demoKey });
}

function save(state: LocalState): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(STATE_FILE, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
}

/**
 * The Worker's variables: what the environment and .dev.vars give (the environment wins), for the rest
 * what was made for this machine. `providerKeys` names the provider keys that were found.
 */
export function localVariables(state: LocalState): { variables: LocalVariables; providerKeys: string[] } {
  const file = existsSync('.dev.vars') ? parseEnv(readFileSync('.dev.vars', 'utf8')) : {};
  const given = (name: string): string | undefined => process.env[name] || file[name];
  const names = [...SHIPPED_PROVIDERS.values()].flatMap((provider) => provider.env ?? []);
  const found = [...Object.keys(Variables.shape), ...names].flatMap((name) => {
    const value = given(name);
    return value ? [[name, value] as const] : [];
  });
  const variables: LocalVariables = {
    ADMIN_KEY: state.adminKey,
    ENCRYPTION_KEY: state.encryptionKey,
    ...givenOnly(file),
    ...Object.fromEntries(found),
    LOCAL: 'true',
  };
  return { variables, providerKeys: names.filter((name) => variables[name]) };
}

/** Writes the variables where only this user can read them, and answers the path. */
export function writeEnvFile(variables: LocalVariables): string {
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}\n`);
  writeFileSync(ENV_FILE, lines.join(''), { mode: 0o600 });
  return ENV_FILE;
}

function quote(value: string): string {
  return value.includes("'") ? JSON.stringify(value) : `'${value}'`;
}

function givenOnly(values: NodeJS.Dict<string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}
