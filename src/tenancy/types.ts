/**
 * What a key may do: `inference` calls models, `read` sees, `developer` does both and changes what
 * belongs to its workspace, `admin` also manages keys.
 */
export const KEY_ROLES = ['inference', 'read', 'developer', 'admin'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

/** Who is calling. */
export type Principal =
  | { kind: 'operator' }
  | { kind: 'key'; keyId: string; workspaceId: string; projectId: string; role: KeyRole };
