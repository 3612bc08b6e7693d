/**
 * Kinds of ledger entries. Amounts that come in are positive, what goes out is negative; a refund takes bought
 * credits back, or returns a part of an invoice.
 */
export const LEDGER_KINDS = ['grant', 'top_up', 'hold', 'release', 'settle', 'refund', 'adjustment'] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

/** One line of a workspace's ledger. Amounts are nano-USD. The balance is the sum of all of them, always. */
export interface LedgerEntry {
  /** Unique: an entry whose id is known already changes nothing, so every call may be repeated. */
  id: string;
  kind: LedgerKind;
  amount: number;
  /** What it is for: a generation id, a payment, or the reason the operator gave. */
  reference: string;
}

/** An entry as it stands in the ledger. */
export interface StoredEntry extends LedgerEntry {
  /** Grows by one with each entry. */
  sequence: number;
  /** Unix milliseconds. */
  createdAt: number;
}

/** Which part of a ledger is asked for. */
export interface LedgerQuery {
  /** Those behind this sequence, in the order asked for; null begins at its beginning. */
  after: number | null;
  /** From the oldest, or from the newest. */
  order: 'asc' | 'desc';
  limit: number;
  /** Null is all kinds. */
  kind: LedgerKind | null;
}

/** A part of a ledger, and the sum of the whole at that moment, nano-USD. */
export interface LedgerPage {
  entries: StoredEntry[];
  balance: number;
}

/** What one answer was charged for: the lines of its cost, whose amounts add up to the charge. */
export interface ChargedLine {
  /** A unit of billing/cost.ts; `unknown` where usage or price is not known. */
  unit: string;
  /** Nano-USD per 1M tokens, per picture or per request. */
  rate: number;
  quantity: number;
  /** Nano-USD. */
  amount: number;
  /** Who gave this piece of an answer that several gave; else the settlement says it. */
  model?: string;
  provider?: string;
}

/** A sum over one month (UTC), as invoices need it: one unit of one model at one provider in one project. */
export interface UsageLine extends ChargedLine {
  project: string;
  /** Canonical model id. */
  model: string;
  provider: string;
  /** Answers that had this line. */
  requests: number;
}

/** How ids of ledger entries begin that give a line of a batch back; behind it stands the generation. */
export const GIVEN_BACK = 'batch_line:';

/** A charge that is given back, whole. */
export interface GivenBack {
  /** The generation that was charged. */
  generation: string;
  /** Nano-USD. */
  amount: number;
  project: string;
  model: string | null;
  provider: string | null;
  /** As they were charged. */
  lines: ChargedLine[];
}

/** Rates of one scope. Absent: none. */
export interface Limits {
  requests_per_minute?: number | undefined;
  tokens_per_minute?: number | undefined;
  concurrent?: number | undefined;
}

export type BudgetWindow = 'daily' | 'weekly' | 'monthly' | 'total';

/** What a scope may do and spend. */
export interface Allowance {
  limits: Limits;
  /** Nano-USD per window of UTC. */
  budgets: { window: BudgetWindow; amount: number }[];
  /** Unix milliseconds of the last change: an older statement does not replace a newer one. */
  version: number;
}

/**
 * What limits and budgets are kept for: `workspace`, `key:<id>`, `key:<id>|<models>`, `project:<id>`,
 * `user:<id>`.
 */
export type Scope = string;

/** One request that wants to begin. */
export interface AdmissionRequest {
  /** The generation's id. Asked again, it gets the same answer. */
  id: string;
  /** The scopes it belongs to, with what is known of their allowances. The workspace comes first. */
  scopes: { scope: Scope; allowance: Allowance | null }[];
  /** Canonical id of the model that was asked for. */
  model: string;
  /** The most it may cost, nano-USD: a fixed part, and what each token of output adds (nano-USD per 1M). */
  cost: { fixed: number; outputRate: number };
  /** False when its price is not known, or when it is known to cost nothing. */
  priced: boolean;
  tokens: {
    /** Estimated. */
    input: number;
    /** The most the answer may have. */
    output: number;
    /** The caller named no limit: what answers of this model have been so far counts instead, where that is less. */
    openEnded: boolean;
  };
  /** What it reserves is freed after so long without a word, milliseconds. */
  leaseMs: number;
  /** It is on its way to the provider already. */
  optimistic: boolean;
}

/** How much of one rate is left. */
export interface RateState {
  limit: number;
  remaining: number;
  /** Until all of it is there again, milliseconds. */
  resetMs: number;
}

/** The tightest rates of the scopes of a request. */
export interface Rates {
  requests: RateState | null;
  tokens: RateState | null;
}

/** What is left in the tightest of the scopes; null where nothing limits it. */
export interface Slack {
  /** Nano-USD of balance and budgets. */
  money: number;
  requests: { remaining: number; limit: number } | null;
  tokens: { remaining: number; limit: number } | null;
  concurrent: { remaining: number; limit: number } | null;
}

export type Refusal =
  | { code: 'rate_limit_exceeded'; scope: Scope; what: keyof Limits; limit: number; retryAfterMs: number }
  | { code: 'insufficient_credits'; balance: number; needed: number }
  | {
      code: 'budget_exceeded';
      scope: Scope;
      window: BudgetWindow;
      amount: number;
      /** Unix milliseconds; null for a budget that never resets. */
      resetsAt: number | null;
    }
  /** It has ended already: an admission that came after its own end. */
  | { code: 'ended' };

export type Admission =
  | {
      ok: true;
      /** Nano-USD. */
      held: number;
      /** Tokens of output that this is for. */
      output: number;
      rates: Rates;
      slack: Slack;
    }
  | { ok: false; refusal: Refusal; rates: Rates };

/** What an isolate may draw from an advance without a word from the object, from when it asked, milliseconds. */
export const ADVANCE_VALID_MS = 250;

/**
 * Money that an isolate reserves ahead, so that not each of many requests has to ask. Asked for anew it
 * grows; it is drawn from while the last word on it is younger than `ADVANCE_VALID_MS`, and ended by giving back.
 */
export interface AdvanceRequest {
  id: string;
  /** Grows by one each time an advance is asked for or given back; what is repeated gets the same answer. */
  sequence: number;
  /** All that the requests belong to, the workspace first. None of them may have a rate. */
  scopes: Scope[];
  /** So many requests more, at so much each, nano-USD; 0 requests only ask whether it still stands. */
  take: { requests: number; each: number };
  /** Ends it: what no request has drawn. */
  giveBack: { requests: number; amount: number } | null;
  /** What is left of it is freed after so long without a word, milliseconds. */
  leaseMs: number;
}

export interface Advance {
  /** Whether it may be drawn from. */
  open: boolean;
  /** Requests that it was increased by. */
  requests: number;
  /** What is left beside it, nano-USD. */
  left: number;
}

/** What a request has taken of an advance. */
export interface Draw {
  /** The advance's id. */
  advance: string;
  /** Nano-USD. */
  amount: number;
  /** Canonical id of the model that was asked for. */
  model: string;
}

/** One request that has ended. */
export interface Settlement {
  id: string;
  /** What it is charged, nano-USD; 0 when nothing, or when the cost is not known. */
  amount: number;
  project: string;
  /** What it counts for, the workspace first. */
  scopes: Scope[];
  /** Canonical id of the model that served, and who did; null when nobody. */
  model: string | null;
  provider: string | null;
  lines: ChargedLine[];
  /** All tokens, and those of the output; null when not known: then the estimate stands. */
  tokens: { total: number; output: number } | null;
  /** What it had reserved, where that was of an advance. */
  draw?: Draw | undefined;
}

/** A budget of which half, four fifths or all is spent. */
export interface BudgetAlert {
  scope: Scope;
  window: BudgetWindow;
  /** Begin of the window, `YYYY-MM-DD`; empty for `total`. */
  since: string;
  percent: 50 | 80 | 100;
  /** Nano-USD. */
  amount: number;
  spent: number;
  /** Unix milliseconds. */
  at: number;
}

export interface LimitStats {
  admitted: number;
  refused: number;
  /** Refused when they were on their way to the provider already. */
  refusedOptimistic: number;
  /** Reservations that were freed because their isolate never came back. */
  expired: number;
  /** Nano-USD charged beyond what was reserved. */
  overrun: number;
}

/** What a scope has used: its rates, and what it spent in the windows of its budgets. */
export interface ScopeState {
  scope: Scope;
  limits: Limits;
  requests: RateState | null;
  tokens: RateState | null;
  concurrent: { limit: number | null; used: number };
  budgets: {
    window: BudgetWindow;
    amount: number;
    spent: number;
    held: number;
    resetsAt: number | null;
  }[];
}
