import type { Auth } from '../types.ts';

/** A request to a provider, whole but for the secret. */
export interface Outgoing {
  url: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array | string | readonly Uint8Array[];
}

/**
 * Adds the secret to a request in one way. Answers a promise only where something must be computed or
 * fetched first.
 */
export type Authorize<Kind extends Auth['kind']> = (
  auth: Extract<Auth, { kind: Kind }>,
  secret: string,
  request: Outgoing,
) => Outgoing | Promise<Outgoing>;
