import type { ServedApi } from '../../wires/types.ts';
import type { Benchmark, ModelKind, Price } from '../types.ts';

/** A model as the shipped catalogue writes it; absent members are unknown or have the default named here. */
export interface CatalogueModel {
  id: string;
  name: string;
  family?: string;
  /** Default `chat`. */
  kind?: Exclude<ModelKind, 'chat'>;
  context?: number;
  output?: number;
  /** Modalities joined by commas; default `text`. */
  takes?: string;
  /** Modalities joined by commas; default `text`. */
  gives?: string;
  knowledge?: string;
  released?: string;
  open?: boolean;
  /** Other names of the model, lower case. */
  aliases?: string[];
  benchmarks?: Benchmark[];
}

/** An endpoint as the shipped catalogue writes it, in the order in which those of a model are tried. */
export interface CatalogueEndpoint {
  model: string;
  provider: string;
  upstream: string;
  /** Absent when the price is not known. */
  price?: Price;
  /** Only where it differs from the model's. */
  context?: number;
  /** Only where it differs from the model's. */
  output?: number;
  /** Where alone it answers, at this price. */
  regions?: string[];
  quantization?: string;
  /** The day on which the provider ends it, YYYY-MM-DD. */
  deprecated?: string;
  /**
   * Letters of what the endpoint takes: t tools, r reasoning, s structured output, k temperature, a
   * attachments. A letter after `!` is known to be refused; absent ones are unknown.
   */
  can: string;
  /** The one API that it answers at, where that is not chat completions. */
  api?: ServedApi;
}

/** models.data.json, written by scripts/catalogue.ts. */
export interface Catalogue {
  models: CatalogueModel[];
  endpoints: CatalogueEndpoint[];
}
