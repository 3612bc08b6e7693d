import type { Quirks, WireId } from '../wires/types.ts';

/** How a provider takes its secret. */
export type Auth =
  | { kind: 'bearer' }
  | { kind: 'header'; name: string }
  | { kind: 'query'; name: string }
  | { kind: 'none' };

/**
 * A company or server that serves models. Serialisable data: shipped ones stand in
 * providers/catalog.ts, the operator's own in D1.
 */
export interface Provider {
  id: string;
  name: string;
  /** Without a trailing slash; the wire appends its path. Set by the operator, never by a request. */
  baseUrl: string;
  wire: WireId;
  auth: Auth;
  /** Headers sent with every request to this provider. */
  headers?: Record<string, string>;
  quirks?: Quirks;
  /** Environment variables that may hold the secret, first found wins. */
  env?: readonly string[];
  /** Where to read about the API; the source of the quirks. */
  docs?: string;
  /** `internal` is served inside the Worker (the demo provider), all others over the network. */
  transport?: 'internal';
}
