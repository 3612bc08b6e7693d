import type { Env } from '../../env.ts';
import { keyMemory } from '../key-memory.ts';
import type { KeyState } from '../key-state.ts';
import { readStored, writeCopies } from '../key-store.ts';
import { stored } from '../storage.ts';

/**
 * Tells of a change of keys: this isolate at once, others through KV. Those that hold a key in memory ask
 * D1 within ten seconds of use and never serve it for longer than a minute, should KV fail here.
 */
export async function spread(env: Env, states: readonly KeyState[]): Promise<void> {
  for (const state of states) keyMemory.remember(state, Date.now());
  try {
    await writeCopies(env, states);
  } catch (cause) {
    console.warn(JSON.stringify({ warning: 'key_copy_failed', cause: String(cause) }));
  }
}

/** Reads what D1 says of a secret now, and tells of it. For changes of what a key may do. */
export async function renew(env: Env, hash: string): Promise<void> {
  const state = await stored(readStored(env, hash, Date.now()));
  if (state) await spread(env, [state]);
}
