import type { DataPolicy } from '../registry/types.ts';
import type { Quirks, WireId } from '../wires/types.ts';

/** How a provider takes its secret. */
export type Auth =
  | { kind: 'bearer' }
  | { kind: 'header'; name: string }
  | { kind: 'query'; name: string }
  /** The secret is the JSON key of a service account: tokens are fetched with it. */
  | { kind: 'google-service-account' }
  /** The secret is a pair of AWS keys that signs for this service, or one of the service's API keys. */
  | { kind: 'aws-sigv4'; service: string }
  | { kind: 'none' };

/** Where a `{name}` part of a URL gets its value from. */
export interface Variable {
  /** Environment variables that may hold the value, first found wins. */
  env: readonly string[];
  /** A field of a secret that is a JSON object; it comes before the environment. */
  secretField?: string;
  default?: string;
  /** The value is the region that answers: endpoints that name regions are served in those alone. */
  isRegion?: boolean;
  /** How the value is written: as `except` says, else as `otherwise` with the value for `*`. */
  write?: { except: Readonly<Record<string, string>>; otherwise: string };
}

/** What a provider says that it does with what it is sent. */
export interface DocumentedDataPolicy extends DataPolicy {
  /** URL of where it says so. */
  source: string;
}

/**
 * A company or server that serves models. Serialisable data: shipped ones stand in
 * providers/catalog.ts, the operator's own in D1.
 */
export interface Provider {
  id: string;
  name: string;
  /**
   * Without a trailing slash; the wire appends its path. Set by the operator, never by a request.
   * `{name}` parts are filled in from `variables`.
   */
  baseUrl: string;
  variables?: Readonly<Record<string, Variable>>;
  wire: WireId;
  auth: Auth;
  /** Headers sent with every request to this provider. */
  headers?: Record<string, string>;
  quirks?: Quirks;
  /** Environment variables that may hold the secret, first found wins. */
  env?: readonly string[];
  /** Where to read about the API; the source of the quirks. */
  docs?: string;
  /** Holds for every endpoint that has none of its own. */
  dataPolicy?: DocumentedDataPolicy;
  /** It says of itself that it constrains decoding to the response format: where. */
  constrainsJson?: string;
  /** `internal` is served inside the Worker (the demo provider), all others over the network. */
  transport?: 'internal';
}
