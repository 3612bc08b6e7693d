import { LruMap } from '../lib/lru.ts';
import { matchesModel } from '../lib/model-glob.ts';
import type { Provider } from '../providers/types.ts';
import { dataPolicyOf } from '../registry/data-policy.ts';
import type { Registry } from '../registry/snapshot.ts';
import type { DataPolicy, Endpoint, Model, ModelKind } from '../registry/types.ts';
import { priorsOf } from './accuracy.ts';

/** An endpoint with what decisions ask of it, looked up once for a snapshot of the registry. */
export interface Row {
  /** Its place among all, models by id and each one's endpoints in the registry's order. */
  place: number;
  model: Model;
  endpoint: Endpoint;
  provider: Provider;
  /** Lower case. */
  regions: readonly string[];
  contextLength: number | null;
  maxOutputTokens: number | null;
  dataPolicy: DataPolicy;
  /** False is known not to; what is not known counts as yes. */
  tools: boolean;
  schema: boolean;
  /** How accurate the model is thought to be by published benchmarks. */
  prior: number | null;
}

/** The models of one kind and their endpoints, as decisions read them. */
export class Rows {
  /** All of them. */
  readonly all: readonly Row[];
  readonly #byModel: ReadonlyMap<string, readonly Row[]>;
  readonly #models: readonly Model[];
  readonly #matching = new LruMap<string, ReadonlySet<string>>(500);

  constructor(registry: Registry, kind: ModelKind) {
    const priors = priorsOf(registry.models);
    const all: Row[] = [];
    this.#models = registry.models.filter((model) => model.kind === kind);
    for (const model of this.#models) {
      for (const endpoint of registry.endpoints(model.id)) {
        const provider = registry.provider(endpoint.provider);
        if (!provider) continue;
        all.push(rowOf(all.length, model, endpoint, provider, priors.get(model.id) ?? null));
      }
    }
    this.all = all;
    this.#byModel = Map.groupBy(all, ({ model }) => model.id);
  }

  ofModel(modelId: string): readonly Row[] {
    return this.#byModel.get(modelId) ?? [];
  }

  /** Ids of the models of this kind that a glob means. Globs are matched once for a snapshot. */
  matching(glob: string): ReadonlySet<string> {
    let ids = this.#matching.get(glob);
    if (!ids) {
      ids = new Set(this.#models.filter(({ id }) => matchesModel(glob, id)).map(({ id }) => id));
      this.#matching.set(glob, ids);
    }
    return ids;
  }
}

const known = new WeakMap<Registry, Map<ModelKind, Rows>>();

/** The rows of a snapshot, made when first asked for. */
export function rowsOf(registry: Registry, kind: ModelKind = 'chat'): Rows {
  let kinds = known.get(registry);
  if (!kinds) {
    kinds = new Map();
    known.set(registry, kinds);
  }
  let rows = kinds.get(kind);
  if (!rows) {
    rows = new Rows(registry, kind);
    kinds.set(kind, rows);
  }
  return rows;
}

function rowOf(
  place: number,
  model: Model,
  endpoint: Endpoint,
  provider: Provider,
  prior: number | null,
): Row {
  const { capabilities, probed } = endpoint;
  const able = (ability: string, claimed: boolean | undefined): boolean => {
    const seen = probed?.[ability];
    return seen === undefined ? claimed !== false : seen === 'honoured';
  };
  return {
    place,
    model,
    endpoint,
    provider,
    regions: endpoint.regions.map((region) => region.toLowerCase()),
    contextLength: endpoint.contextLength ?? model.contextLength,
    maxOutputTokens: endpoint.maxOutputTokens ?? model.maxOutputTokens,
    dataPolicy: dataPolicyOf(endpoint, provider),
    tools: able('tools', capabilities.tools),
    schema: able('json_schema', capabilities.structuredOutput),
    prior,
  };
}
