import type { TracesObject } from './object.ts';
import type { StoredGeneration } from './types.ts';

interface TracesBinding {
  TRACES: DurableObjectNamespace<TracesObject>;
}

/** The stored generations of one workspace. */
export interface TracesClient {
  record(generations: StoredGeneration[]): Promise<void>;
  /** The receipt as JSON text, or null when this workspace has no such generation. */
  find(id: string): Promise<string | null>;
}

export function tracesClient(env: TracesBinding, workspaceId: string): TracesClient {
  const stub = env.TRACES.get(env.TRACES.idFromName(workspaceId));
  return {
    async record(generations) {
      await stub.record(generations);
    },
    async find(id) {
      return await stub.find(id);
    },
  };
}
