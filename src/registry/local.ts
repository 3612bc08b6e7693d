import { DEMO_ALIASES, DEMO_ENDPOINTS, DEMO_MODELS, DEMO_PROVIDERS } from '../providers/demo/registry.ts';
import type { RegistryData } from './types.ts';

/** The registry of a local deployment: with the models that the Worker serves itself. */
export function withLocalModels(data: RegistryData): RegistryData {
  const declared = new Set(data.models.map((model) => model.id));
  return {
    ...data,
    providers: [...DEMO_PROVIDERS, ...data.providers],
    models: [...data.models, ...DEMO_MODELS.filter((model) => !declared.has(model.id))],
    endpoints: [...data.endpoints, ...DEMO_ENDPOINTS.filter((endpoint) => !declared.has(endpoint.model))],
    aliases: { ...DEMO_ALIASES, ...data.aliases },
  };
}
