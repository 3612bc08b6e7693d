import { GatewayError } from '../errors.ts';
import type { Capabilities } from '../wires/types.ts';
import { HEALTH_STATUSES, type HealthStatus } from './health-status.ts';
import type { Listed } from './listing.ts';
import type { Modality, ModelKind } from './types.ts';

/** What a list is narrowed by; absent members do not narrow. Of values joined by commas, all must hold. */
export interface ListingFilter {
  /** What the model takes or gives. */
  modalities: readonly Modality[];
  kind: ModelKind | null;
  provider: string | null;
  region: string | null;
  capabilities: readonly (keyof Capabilities)[];
  health: HealthStatus | null;
}

export const FILTER_NAMES = ['modality', 'kind', 'provider', 'region', 'capability', 'health'] as const;

const MODALITIES: Readonly<Record<string, Modality>> = {
  text: 'text',
  image: 'image',
  audio: 'audio',
  video: 'video',
  pdf: 'pdf',
  file: 'pdf',
};

const KINDS: Readonly<Record<ModelKind, ModelKind>> = {
  chat: 'chat',
  embedding: 'embedding',
  image: 'image',
  speech: 'speech',
  transcription: 'transcription',
  moderation: 'moderation',
  rerank: 'rerank',
};

const CAPABILITIES: Readonly<Record<string, keyof Capabilities>> = {
  tools: 'tools',
  reasoning: 'reasoning',
  structured_output: 'structuredOutput',
  temperature: 'temperature',
  attachments: 'attachments',
};

/**
 * Reads `?modality=&kind=&provider=&region=&capability=&health=`.
 * @throws GatewayError `invalid_value`, naming the parameter, for a value outside a closed list.
 */
export function readListingFilter(query: (name: string) => string | undefined): ListingFilter {
  return {
    modalities: pick('modality', query('modality'), MODALITIES),
    kind: pick('kind', query('kind'), KINDS)[0] ?? null,
    provider: lower(query('provider')),
    region: lower(query('region')),
    capabilities: pick('capability', query('capability'), CAPABILITIES),
    health:
      pick('health', query('health'), Object.fromEntries(HEALTH_STATUSES.map((name) => [name, name])))[0] ??
      null,
  };
}

/**
 * Whether a model passes: one and the same endpoint must fulfil what is asked of endpoints.
 * @param statusOf the health of an endpoint, by id.
 */
export function passes(
  { model, endpoints }: Listed,
  filter: ListingFilter,
  statusOf: (endpointId: string) => HealthStatus,
): boolean {
  const modalities = [...model.inputModalities, ...model.outputModalities];
  return (
    (filter.kind === null || model.kind === filter.kind) &&
    filter.modalities.every((modality) => modalities.includes(modality)) &&
    endpoints.some(
      (endpoint) =>
        (filter.provider === null || endpoint.provider === filter.provider) &&
        (filter.region === null ||
          endpoint.regions.some((region) => region.toLowerCase() === filter.region)) &&
        filter.capabilities.every((ability) => endpoint.capabilities[ability] === true) &&
        (filter.health === null || statusOf(endpoint.id) === filter.health),
    )
  );
}

function pick<T>(param: string, text: string | undefined, values: Readonly<Record<string, T>>): T[] {
  if (text === undefined || text === '') return [];
  return text.split(',').map((name) => {
    const wanted = name.trim().toLowerCase();
    const value = Object.hasOwn(values, wanted) ? values[wanted] : undefined;
    if (value !== undefined) return value;
    throw new GatewayError('invalid_value', {
      param,
      message: `${param} must be of ${Object.keys(values).join(', ')}.`,
    });
  });
}

function lower(text: string | undefined): string | null {
  return text ? text.trim().toLowerCase() : null;
}
