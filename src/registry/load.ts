import { database } from '../db/client.ts';
import { configOf, type Env } from '../env.ts';
import { GatewayError } from '../errors.ts';

import type { Catalogue } from './catalogue/types.ts';
import { CATALOGUE } from './catalogue/version.ts';
import { importCatalogue } from './import.ts';
import { withLocalModels } from './local.ts';
import { readRegistry, readVersion } from './read.ts';
import { Registry } from './snapshot.ts';
import type { RegistryData } from './types.ts';

type WaitUntil = (promise: Promise<unknown>) => void;

/** How long the registry is served from memory without asking whether it has changed. */
export const FRESH_MS = 10_000;

/** Names in KV; docs/storage.md. */
const VERSION_KEY = 'registry:version';
const DATA_KEY = 'registry:data';

/** What this isolate holds, and when it was last asked whether that is still right, Unix milliseconds. */
let held: { registry: Registry; checkedAt: number } | null = null;

/**
 * The registry. From memory without a promise but in a new isolate, which takes the copy in KV, or D1's
 * where there is none. Older than ten seconds it is still served, and one request checks in the background.
 * @throws GatewayError `registry_unavailable`, as a rejection, when storage fails and nothing is held.
 */
export function loadRegistry(env: Env, waitUntil: WaitUntil): Registry | Promise<Registry> {
  if (!held) return firstLoad(env, waitUntil);
  const now = Date.now();
  if (now - held.checkedAt >= FRESH_MS) {
    held.checkedAt = now;
    waitUntil(revalidate(env, held.registry).catch(() => {}));
  }
  return held.registry;
}

/**
 * Reads the registry from D1, renews the copy in KV and this isolate's memory. Called after each change.
 * @throws when D1 fails. A KV that fails is left behind: the version tells isolates that it is.
 */
export async function refreshRegistry(env: Env): Promise<Registry> {
  const db = database(env.DB);
  let data = await readRegistry(db);
  if (data.catalogue < CATALOGUE.revision) {
    const { default: catalogue } = await import('./catalogue/models.data.json');
    await importCatalogue(db, catalogue as unknown as Catalogue, CATALOGUE);
    data = await readRegistry(db);
  }
  try {
    // Another isolate may have written an older state after ours: whoever sees that writes again.
    for (;;) {
      await env.SNAPSHOTS.put(DATA_KEY, JSON.stringify(data));
      await env.SNAPSHOTS.put(VERSION_KEY, String(data.version));
      if ((await readVersion(db)) === data.version) break;
      data = await readRegistry(db);
    }
  } catch (cause) {
    console.warn(JSON.stringify({ warning: 'registry_copy_failed', cause: String(cause) }));
  }
  return hold(data, env);
}

/** Forgets what is held, as a new isolate would. */
export function forgetRegistry(): void {
  held = null;
}

/** When a request of this isolate began the first load, Unix milliseconds; 0 when none has. */
let loadingSince = 0;

/** The others of a new isolate's first requests look so often whether it is there, and wait no longer than this. */
const LOOK_EVERY_MS = 10;
const WAIT_MS = 5_000;

/**
 * One request of a new isolate loads, the others wait for it: by looking, since a promise of one request is
 * not to be awaited by another.
 */
async function firstLoad(env: Env, waitUntil: WaitUntil): Promise<Registry> {
  const until = loadingSince + WAIT_MS;
  while (loadingSince > 0 && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    if (held) return held.registry;
  }
  loadingSince = Date.now();
  try {
    return await loadHere(env, waitUntil);
  } finally {
    loadingSince = 0;
  }
}

async function loadHere(env: Env, waitUntil: WaitUntil): Promise<Registry> {
  const copy = await readCopy(env);
  if (copy) {
    const registry = hold(copy, env);
    if (copy.catalogue < CATALOGUE.revision) waitUntil(refreshRegistry(env).catch(() => {}));
    return registry;
  }
  try {
    return await refreshRegistry(env);
  } catch (cause) {
    throw new GatewayError('registry_unavailable', { cause });
  }
}

/** Takes what is newer, wherever it stands first: KV is asked, and D1 when KV says nothing. */
async function revalidate(env: Env, known: Registry): Promise<void> {
  const text = await env.SNAPSHOTS.get(VERSION_KEY).catch(() => null);
  const version = text === null ? await readVersion(database(env.DB)) : Number(text);
  if (version === known.version) return;
  const copy = await readCopy(env);
  // The copies travel apart: an older one may come with a newer version.
  if (copy && copy.version >= version && copy.version > known.version) hold(copy, env);
  else if (text === null || version > known.version) await refreshRegistry(env);
}

async function readCopy(env: Env): Promise<RegistryData | null> {
  try {
    const data = await env.SNAPSHOTS.get<RegistryData>(DATA_KEY, 'json');
    return data && Number.isInteger(data.version) && Array.isArray(data.endpoints) ? data : null;
  } catch {
    return null;
  }
}

function hold(data: RegistryData, env: Env): Registry {
  const registry = new Registry(configOf(env).local ? withLocalModels(data) : data);
  // A change made on this isolate may have overtaken a check that began before it.
  if (!held || registry.version >= held.registry.version) held = { registry, checkedAt: Date.now() };
  return held.registry;
}
