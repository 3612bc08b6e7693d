import { LruMap } from '../../lib/lru.ts';
import type { TracesObject } from './object.ts';
import type { Amendment, StoredGeneration, StoredReceipt } from './types.ts';

interface TracesBinding {
  TRACES: DurableObjectNamespace<TracesObject>;
}

/** The stored generations of one workspace. */
export interface TracesClient {
  record(generations: StoredGeneration[]): Promise<void>;
  /** Amends the receipts of charges, also those that are yet to come. May be repeated. */
  amend(amendments: Amendment[]): Promise<void>;
  /** The receipt as JSON text, or null when this workspace has no such generation. */
  find(id: string): Promise<string | null>;
  /** The receipts of those of these ids that there are. */
  findAll(ids: string[]): Promise<StoredReceipt[]>;
  /** Receipts in the order in which they were written, after a sequence number. */
  page(after: number, limit: number): Promise<StoredReceipt[]>;
}

/** Ids by name: reckoning one costs a hash. */
const ids = new LruMap<string, DurableObjectId>(1000);

export function tracesClient(env: TracesBinding, workspaceId: string): TracesClient {
  let id = ids.get(workspaceId);
  if (!id) {
    id = env.TRACES.idFromName(workspaceId);
    ids.set(workspaceId, id);
  }
  const stub = env.TRACES.get(id);
  return {
    async record(generations) {
      await stub.record(generations);
    },
    amend: async (amendments) => await stub.amend(amendments),
    async find(id) {
      return await stub.find(id);
    },
    findAll: async (ids) => await stub.findAll(ids),
    page: async (after, limit) => await stub.page(after, limit),
  };
}
