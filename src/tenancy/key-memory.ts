import { LruMap } from '../lib/lru.ts';
import type { KeyState } from './key-state.ts';
import type { KeyGrant } from './types.ts';

/** How long a key is served from memory without asking. */
export const FRESH_MS = 10_000;
/** How long at most it is served while storage is asked in the background. */
export const STALE_MS = 60_000;
/** How long a secret that is no key is remembered as such. */
export const UNKNOWN_MS = 3_000;
/** While one request asks storage, others leave it to that one for so long. */
const CLAIM_MS = 5_000;

interface Remembered {
  state: KeyState;
  /** When D1 said so, Unix milliseconds. */
  checkedAt: number;
  claimedAt: number;
}

/** What this isolate knows of keys, by the hash of the whole credential. Both maps are bounded. */
class KeyMemory {
  readonly #known = new LruMap<string, Remembered>(10_000);
  // Apart from the keys, so that no stream of invented secrets can push those out.
  readonly #unknown = new LruMap<string, number>(10_000);
  /** What workspaces declared of routing: large, and the same for all keys of a workspace. */
  readonly #routing = new LruMap<string, NonNullable<KeyGrant['routing']>>(1000);

  /** The state, when it may still be used, and whether the caller is the one to ask storage anew. */
  recall(hash: string, now: number): { state: KeyState; mustAsk: boolean } | null {
    const entry = this.#known.get(hash);
    if (!entry) return null;
    const age = now - entry.checkedAt;
    if (age >= STALE_MS) return null;
    const mustAsk = entry.state.state !== 'revoked' && age >= FRESH_MS && now - entry.claimedAt >= CLAIM_MS;
    if (mustAsk) entry.claimedAt = now;
    return { state: entry.state, mustAsk };
  }

  /**
   * Keeps what D1 said at `checkedAt`. An older answer may come late: it changes nothing, and a secret known
   * as revoked stays so in any case.
   */
  remember(state: KeyState, checkedAt: number): void {
    const known = this.#known.get(state.hash);
    this.#unknown.delete(state.hash);
    const isLate = known !== undefined && checkedAt < known.checkedAt && state.state !== 'revoked';
    if (isLate) return;
    const kept = known?.state.state === 'revoked' ? known.state : this.#sharing(state);
    this.#known.set(state.hash, { state: kept, checkedAt, claimedAt: 0 });
  }

  /** Forgets what is known of a key that may have changed; one that was revoked stays so. */
  forget(hash: string): void {
    if (this.#known.get(hash)?.state.state !== 'revoked') this.#known.delete(hash);
  }

  isUnknown(hash: string, now: number): boolean {
    return now < (this.#unknown.get(hash) ?? 0);
  }

  rememberUnknown(hash: string, now: number): void {
    this.#unknown.set(hash, now + UNKNOWN_MS);
  }

  /** The state, whose routing is one object with that of other keys where it is equal. */
  #sharing(state: KeyState): KeyState {
    if (state.state !== 'active' || !state.grant.routing) return state;
    const { workspaceId, routing } = state.grant;
    const held = this.#routing.get(workspaceId);
    if (held === routing) return state;
    if (held && JSON.stringify(held) === JSON.stringify(routing))
      return { ...state, grant: { ...state.grant, routing: held } };
    this.#routing.set(workspaceId, routing);
    return state;
  }

  /** Forgets everything, as a new isolate would. */
  clear(): void {
    this.#routing.clear();
    this.#known.clear();
    this.#unknown.clear();
  }
}

export const keyMemory = new KeyMemory();
