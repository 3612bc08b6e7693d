import { SHIPPED_PROVIDERS } from '../providers/catalog.ts';
import type { Provider } from '../providers/types.ts';
import type { RoutingRules } from '../routing/policy/types.ts';
import { latestNames } from './latest.ts';
import { foldName, nearestNames } from './names.ts';
import type { Endpoint, Model, RegistryData, SealedCredential } from './types.ts';

const NO_ENDPOINTS: readonly Endpoint[] = [];
const NO_CREDENTIALS: readonly SealedCredential[] = [];

/** The registry as isolates keep it in memory: every look-up of a request is a look-up in a map. Never changed. */
export class Registry {
  /** Grows with every change of the registry. */
  readonly version: number;
  /** Revision of the shipped catalogue that is part of this registry. */
  readonly catalogue: number;
  /** By id. */
  readonly models: readonly Model[];
  /** The shipped ones, each replaced by the operator's declaration where there is one, then the operator's own. */
  readonly providers: readonly Provider[];
  /** The deployment's own rules of routing; null where there are none. */
  readonly routing: RoutingRules | null;
  readonly #modelByName = new Map<string, Model>();
  readonly #modelById: ReadonlyMap<string, Model>;
  readonly #mapped: ReadonlyMap<string, string>;
  readonly #aliases = new Map<string, string[]>();
  readonly #movingByName = new Map<string, Model>();
  readonly #moving = new Map<string, string[]>();
  readonly #endpoints: ReadonlyMap<string, readonly Endpoint[]>;
  readonly #providers: ReadonlyMap<string, Provider>;
  readonly #declared: ReadonlySet<string>;
  readonly #credentials: ReadonlyMap<string, readonly SealedCredential[]>;

  constructor(data: RegistryData) {
    this.version = data.version;
    this.catalogue = data.catalogue;
    this.routing = data.routing ?? null;
    this.models = data.models.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const byId = new Map(data.models.map((model) => [model.id, model]));
    for (const [alias, id] of Object.entries(data.aliases)) {
      const model = byId.get(id);
      if (!model) continue;
      this.#modelByName.set(foldName(alias), model);
      this.#aliases.set(id, [...(this.#aliases.get(id) ?? []), alias]);
    }
    // Canonical ids come last: no alias can hide one.
    for (const model of data.models) this.#modelByName.set(foldName(model.id), model);
    this.#modelById = byId;
    this.#mapped = new Map(Object.entries(data.mapped ?? {}));
    this.#endpoints = Map.groupBy(data.endpoints, (endpoint) => endpoint.model);
    const moving = latestNames(
      this.models,
      ({ id }) => this.#endpoints.has(id),
      (folded) => this.#modelByName.has(folded),
    );
    for (const [name, model] of moving) {
      this.#movingByName.set(foldName(name), model);
      this.#moving.set(model.id, [...(this.#moving.get(model.id) ?? []), name]);
    }
    this.#declared = new Set(data.providers.map((provider) => provider.id));
    this.#providers = new Map([...SHIPPED_PROVIDERS, ...data.providers.map((own) => [own.id, own] as const)]);
    this.providers = [...this.#providers.values()];
    this.#credentials = Map.groupBy(data.credentials, (credential) => credential.provider);
  }

  /**
   * The model that a caller means: by the names that its workspace mapped, then those that the operator
   * mapped, then those that models have. A name that is mapped to a model that is gone means none.
   * @param mapped folded name → canonical id.
   */
  resolve(name: string, mapped: Readonly<Record<string, string>> | null): Model | undefined {
    const folded = foldName(name);
    const own = mapped !== null && Object.hasOwn(mapped, folded) ? mapped[folded] : undefined;
    const id = own ?? this.#mapped.get(folded);
    return id === undefined ? this.find(name) : this.#modelById.get(id);
  }

  /** The model that has a name as its canonical id, slug or moving alias, however it is spelled. */
  find(name: string): Model | undefined {
    return this.holder(name) ?? this.#movingByName.get(foldName(name));
  }

  /** The model that has a name for good: as its canonical id or slug, however it is spelled. */
  holder(name: string): Model | undefined {
    return this.#modelByName.get(foldName(name));
  }

  /** Ids of the models whose names are most like the asked one, best first. */
  nearest(name: string, accept: (model: Model) => boolean = () => true, count = 3): string[] {
    const names = this.models
      .filter(accept)
      .flatMap((model) => [model.id, ...this.aliases(model.id), ...this.movingAliases(model.id)]);
    const ids = nearestNames(name, names, 4 * count).flatMap((found) => this.find(found)?.id ?? []);
    return [...new Set(ids)].slice(0, count);
  }

  /** Other names of a model. */
  aliases(modelId: string): readonly string[] {
    return this.#aliases.get(modelId) ?? [];
  }

  /** Names of a model that become another's when that is newer: `claude-sonnet-latest`. */
  movingAliases(modelId: string): readonly string[] {
    return this.#moving.get(modelId) ?? [];
  }

  /** The ways to serve a model, in the order in which they are tried. */
  endpoints(modelId: string): readonly Endpoint[] {
    return this.#endpoints.get(modelId) ?? NO_ENDPOINTS;
  }

  provider(id: string): Provider | undefined {
    return this.#providers.get(id);
  }

  /** Whether the operator declared the provider, be it anew. */
  isDeclared(id: string): boolean {
    return this.#declared.has(id);
  }

  /** The operator's sealed secrets for a provider, the oldest first. */
  credentials(providerId: string): readonly SealedCredential[] {
    return this.#credentials.get(providerId) ?? NO_CREDENTIALS;
  }
}
