import type { Env } from '../env.ts';
import { isServable, setVariables } from '../providers/credentials.ts';
import type { Auth, Provider } from '../providers/types.ts';
import type { Quirks, WireId } from '../wires/types.ts';
import { type DataPolicyView, dataPolicyView } from './data-policy.ts';
import type { Registry } from './snapshot.ts';

/** A provider as the management API shows it: of its secret no more than the end. */
export interface ProviderView {
  id: string;
  name: string;
  base_url: string;
  wire: WireId;
  auth: Auth;
  headers: Record<string, string>;
  quirks: Quirks;
  /** `shipped` as it came, or declared by the `operator`. */
  source: 'shipped' | 'operator';
  /** The stored secret, by its last four characters. */
  secret: { last_four: string } | null;
  /** Environment variables that hold a secret for it. */
  environment: string[];
  /** Whether requests can be sent to it now. */
  servable: boolean;
  /** What it says that it does with what it is sent, and where it says so; null is unknown. */
  data_policy: (DataPolicyView & { source: string }) | null;
  docs: string | null;
}

export function viewProvider(provider: Provider, registry: Registry, env: Env): ProviderView {
  const [credential] = registry.credentials(provider.id);
  return {
    id: provider.id,
    name: provider.name,
    base_url: provider.baseUrl,
    wire: provider.wire,
    auth: provider.auth,
    headers: provider.headers ?? {},
    quirks: provider.quirks ?? {},
    source: registry.isDeclared(provider.id) ? 'operator' : 'shipped',
    secret: credential ? { last_four: credential.lastFour } : null,
    environment: setVariables(provider, env),
    servable: isServable(provider, registry, env),
    data_policy: provider.dataPolicy
      ? { ...dataPolicyView(provider.dataPolicy), source: provider.dataPolicy.source }
      : null,
    docs: provider.docs ?? null,
  };
}
