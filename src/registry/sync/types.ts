import type { CatalogueEndpoint, CatalogueModel } from '../catalogue/types.ts';
import type { EndpointRow } from '../import.ts';
import type { Benchmark, Price } from '../types.ts';

/** What was asked, and how that went. */
export interface SourceReport {
  source: string;
  state: 'read' | 'failed';
  /** Models or endpoints that were read. */
  entries: number;
  /** Why it failed; then it changes nothing. */
  error: string | null;
}

/** A model of the canonical catalogue, as OpenRouter lists it. */
export interface CanonicalModel {
  model: CatalogueModel;
  endpoint: CatalogueEndpoint;
}

/** What OpenRouter lists of one of a provider's endpoints of a model. */
export interface ListedEndpoint {
  price: Price | undefined;
  quantization: string | undefined;
}

/** What a provider's own list says of one of its models. */
export interface OwnEntry {
  /** In the provider's casing. */
  upstream: string;
  price?: Price;
  context?: number;
  output?: number;
}

/** A model as its provider's own list names it. */
export interface ListedModel {
  /** In the provider's casing. */
  upstream: string;
  aliases: string[];
}

/** All that the sources say, read and checked. */
export interface Gathered {
  /** Of the base, with what is known of its models. */
  models: CatalogueModel[];
  endpoints: CatalogueEndpoint[];
  canonical: CanonicalModel[];
  /** By provider id. */
  own: Map<string, OwnEntry[]>;
  /** What the deployment's credentials may call, by provider id: of those that were asked and answered. */
  present: Map<string, ListedModel[]>;
}

/** What the sources come to: models, and endpoints in the order in which they are tried. */
export interface Desired {
  models: CatalogueModel[];
  endpoints: CatalogueEndpoint[];
  /** Models of open-weight hosts that the canonical catalogue does not know: `provider:upstream`. */
  unknown: string[];
}

/** An endpoint as the registry has it, retired or not. */
export interface KnownEndpoint {
  id: string;
  model: string;
  provider: string;
  upstream: string;
  context: number | null;
  output: number | null;
  /** As JSON. */
  regions: string;
  capabilities: string;
  quantization: string | null;
  deprecated: string | null;
  rank: number;
  retired: boolean;
  /** In force; null when it is not known. */
  price: Price | null;
}

/** What of the registry a sync may change: nothing that the operator declared. */
export interface Known {
  /** By id: the row's members that the sources tell, as JSON. */
  models: Map<string, string>;
  /** By model id. */
  benchmarks: Map<string, Benchmark[]>;
  endpoints: Map<string, KnownEndpoint>;
  /** Models that the operator declared. */
  operators: Set<string>;
  /** What was said of held prices, by the id of the change. */
  decisions: Map<string, 'pending' | 'approved' | 'rejected' | 'superseded'>;
}

/** What is to be written, and what is to be told. */
export interface Difference {
  changes: Change[];
  models: CatalogueModel[];
  /** Those of which something but the price differs, with their place among the endpoints of the model. */
  endpoints: EndpointRow[];
  vanished: string[];
  /** Names that models bring, with the model's id: of all models, since those that are there already stay. */
  aliases: [alias: string, model: string][];
  /** Endpoint ids that a held price of before is not about any more, unless it is held again. */
  judged: string[];
}

export type HoldReason = 'jump' | 'zero' | 'disputed';

/** One difference between the registry and the sources. */
export type Change =
  | { kind: 'model.new' | 'model.changed'; model: string }
  | {
      kind: 'endpoint.new' | 'endpoint.changed' | 'endpoint.vanished' | 'endpoint.returned';
      endpoint: string;
    }
  | { kind: 'price.changed'; endpoint: string; before: Price | null; after: Price }
  | { kind: 'price.held'; endpoint: string; before: Price; after: Price; reason: HoldReason }
  /** Could not be checked this time: left for the next. */
  | { kind: 'price.deferred'; endpoint: string; before: Price; after: Price }
  /** So much of a provider is gone at once that it is not believed. */
  | { kind: 'provider.doubted'; provider: string; vanished: number }
  | { kind: 'model.unknown'; upstream: string };
