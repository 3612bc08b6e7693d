import * as z from 'zod/mini';
import { KEY_ROLES } from './types.ts';

/**
 * What is known of one secret, by its hash. It is what KV holds under `key:<hash>` and what isolates
 * remember. `revoked` is final: a secret that was revoked or rotated away never works again.
 */
const KeyState = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('active'),
    /** The hash this belongs to, so that a value under a wrong key admits nobody. */
    hash: z.string(),
    /** Unix milliseconds at which a rotated secret ends; null for one that stays. */
    expiresAt: z.nullable(z.number()),
    keyId: z.string().check(z.minLength(1)),
    workspaceId: z.string().check(z.minLength(1)),
    projectId: z.string().check(z.minLength(1)),
    role: z.enum(KEY_ROLES),
  }),
  z.object({ state: z.literal('revoked'), hash: z.string() }),
]);
export type KeyState = z.infer<typeof KeyState>;

/** The state in a value of KV; null for anything that is not one. */
export function readKeyState(text: string | null): KeyState | null {
  if (text === null) return null;
  try {
    return KeyState.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
