import { asObject, type Json } from '../lib/json.ts';
import { LruMap } from '../lib/lru.ts';
import { fingerprint } from './draw.ts';

/** Providers keep prompts in their caches for about so long after the last use, milliseconds. */
export const CACHE_LIFETIME_MS = 300_000;

/** Who answered a conversation last, and what it read. */
export interface SessionState {
  /** Canonical model id. */
  model: string;
  /** Endpoint id. */
  endpoint: string;
  /** Unix milliseconds. */
  at: number;
  inputTokens: number;
}

const SESSIONS_KEPT = 20_000;

const sessions = new LruMap<string, SessionState>(SESSIONS_KEPT);

/** The state of a conversation while its prompt may still be cached; null when it is not known. */
export function sessionState(session: string, now: number): SessionState | null {
  const state = sessions.get(session);
  return state && now - state.at <= CACHE_LIFETIME_MS ? state : null;
}

/** Notes who answered a conversation. */
export function keepSession(session: string, state: SessionState): void {
  sessions.set(session, state);
}

/**
 * What names a conversation within its workspace: the id that the caller gives, else a hash of how it opens, the
 * instructions and the first message of the user.
 */
export function sessionOf(workspaceId: string, id: string | null, messages: readonly Json[]): string {
  return id === null ? `${workspaceId}\n#${openingOf(messages)}` : `${workspaceId}\n${id}`;
}

function openingOf(messages: readonly Json[]): string {
  const opening: Json[] = [];
  for (const message of messages) {
    opening.push(message);
    const role = asObject(message)?.role;
    if (role !== 'system' && role !== 'developer') break;
  }
  return fingerprint(JSON.stringify(opening));
}
