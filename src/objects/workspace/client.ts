import { LruMap } from '../../lib/lru.ts';
import type { WorkspaceObject } from './object.ts';
import type {
  Admission,
  AdmissionRequest,
  Advance,
  AdvanceRequest,
  Allowance,
  BudgetAlert,
  GivenBack,
  LedgerEntry,
  LedgerPage,
  LedgerQuery,
  LimitStats,
  Scope,
  ScopeState,
  Settlement,
  StoredEntry,
  UsageLine,
} from './types.ts';

interface WorkspaceBinding {
  WORKSPACE: DurableObjectNamespace<WorkspaceObject>;
}

/** The limits and the money of one workspace. Money is nano-USD. */
export interface WorkspaceClient {
  /** Decides requests in their order, and reserves what they may use. */
  admit(requests: AdmissionRequest[]): Promise<Admission[]>;
  /** Ends requests; repeating it changes nothing. Answers the balance. */
  settle(settlements: Settlement[]): Promise<number>;
  /** The same, and advances beside it: granted, confirmed or given back. */
  exchange(
    settlements: Settlement[],
    advances: AdvanceRequest[],
  ): Promise<{ balance: number; advances: Advance[] }>;
  /** Keeps what requests under way have reserved, for so many milliseconds more. */
  renew(ids: string[], leaseMs: number): Promise<void>;
  /** Adds money once per id. */
  grant(grant: { id: string; amount: number; reason: string }): Promise<void>;
  /** Records entries; those whose id is known change nothing. Answers the balance. */
  record(entries: LedgerEntry[]): Promise<number>;
  /** Gives charges for lines of batches back, each once, and takes them out of what was used this month. */
  giveBack(charges: GivenBack[]): Promise<void>;
  /** States what scopes may do; an older statement than the known one changes nothing. Then it is in force. */
  allow(stated: { scope: Scope; allowance: Allowance }[]): Promise<void>;
  balance(): Promise<number>;
  /** What may be spent, nano-USD: the balance, and what is reserved ahead for requests that may never come. */
  spendable(): Promise<number>;
  /** The ledger in order, after a sequence number. */
  entries(after: number, limit: number): Promise<StoredEntry[]>;
  /** Those ledger entries of these ids that there are. */
  find(ids: string[]): Promise<StoredEntry[]>;
  /** A part of the ledger for people to read, and its sum at that moment. */
  ledger(query: LedgerQuery): Promise<LedgerPage>;
  /** Those entries with one of these references that no request wrote: grants, payments, refunds, corrections. */
  besideRequests(references: string[]): Promise<StoredEntry[]>;
  /** What was charged in a month, `YYYY-MM` (UTC): adds up to what its settle entries took, and was given back. */
  usage(month: string): Promise<UsageLine[]>;
  /** Newest first. */
  alerts(limit: number): Promise<BudgetAlert[]>;
  stats(): Promise<LimitStats>;
  states(scopes: Scope[]): Promise<ScopeState[]>;
}

/** Ids by name: reckoning one costs a hash. */
const ids = new LruMap<string, DurableObjectId>(1000);

export function workspaceClient(env: WorkspaceBinding, workspaceId: string): WorkspaceClient {
  let id = ids.get(workspaceId);
  if (!id) {
    id = env.WORKSPACE.idFromName(workspaceId);
    ids.set(workspaceId, id);
  }
  const stub = env.WORKSPACE.get(id);
  return {
    admit: async (requests) => await stub.admit(requests),
    settle: async (settlements) => await stub.settle(settlements),
    exchange: async (settlements, advances) => await stub.exchange(settlements, advances),
    renew: async (ids, leaseMs) => await stub.renew(ids, leaseMs),
    async grant({ id, amount, reason }) {
      await stub.record([{ id, kind: 'grant', amount, reference: reason }]);
    },
    giveBack: async (charges) => await stub.giveBack(charges),
    record: async (entries) => await stub.record(entries),
    allow: async (stated) => await stub.allow(stated),
    balance: async () => await stub.balance(),
    spendable: async () => await stub.spendable(),
    entries: async (after, limit) => await stub.entries(after, limit),
    find: async (ids) => await stub.find(ids),
    ledger: async (query) => await stub.ledger(query),
    besideRequests: async (references) => await stub.besideRequests(references),
    usage: async (month) => await stub.usage(month),
    alerts: async (limit) => await stub.alerts(limit),
    stats: async () => await stub.stats(),
    states: async (scopes) => await stub.states(scopes),
  };
}
