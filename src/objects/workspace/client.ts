import type { WorkspaceObject } from './object.ts';
import type { LedgerEntry } from './types.ts';

interface WorkspaceBinding {
  WORKSPACE: DurableObjectNamespace<WorkspaceObject>;
}

/** The ledger of one workspace. */
export interface WorkspaceClient {
  /** Adds money once per id, nano-USD. */
  grant(grant: { id: string; amount: number; reason: string }): Promise<void>;
  /** Records entries; those whose id is known change nothing. Answers the balance, nano-USD. */
  record(entries: LedgerEntry[]): Promise<number>;
  /** Nano-USD. */
  balance(): Promise<number>;
}

export function workspaceClient(env: WorkspaceBinding, workspaceId: string): WorkspaceClient {
  const stub = env.WORKSPACE.get(env.WORKSPACE.idFromName(workspaceId));
  return {
    async grant({ id, amount, reason }) {
      await stub.record([{ id, kind: 'grant', amount, reference: reason }]);
    },
    async record(entries) {
      return await stub.record(entries);
    },
    async balance() {
      return await stub.balance();
    },
  };
}
