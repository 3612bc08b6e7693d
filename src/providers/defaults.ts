import type { WireId } from '../wires/types.ts';
import type { Auth } from './types.ts';

/** How hosts of a wire take their secret, and what else they demand, unless the operator says otherwise. */
export const WIRE_DEFAULTS: Readonly<Record<WireId, { auth: Auth; headers?: Record<string, string> }>> = {
  openai: { auth: { kind: 'bearer' } },
  anthropic: {
    auth: { kind: 'header', name: 'x-api-key' },
    headers: { 'anthropic-version': '2023-06-01' },
  },
  google: { auth: { kind: 'header', name: 'x-goog-api-key' } },
  cohere: { auth: { kind: 'bearer' } },
  bedrock: { auth: { kind: 'aws-sigv4', service: 'bedrock' } },
};
