import type { AskedUnits, PaidBy } from '../billing/charge.ts';
import type { Pricing } from '../billing/pricing.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Provider } from '../providers/types.ts';
import type { HealthView } from './health/types.ts';
import type { FallbackTrigger, Policy, Score } from './policy/types.ts';
import type { Row, Rows } from './rows.ts';
import type { SessionState } from './session.ts';
import type { Needs, Preferences } from './types.ts';

/** One request as the router sees it: everything that a decision goes by. */
export interface Situation {
  rows: Rows;
  health: HealthView;
  /** Unix milliseconds. */
  now: number;
  policy: Policy;
  preferences: Preferences;
  request: RequestFacts;
  caller: CallerFacts;
}

export interface RequestFacts {
  /** What the client calls a member of the body; absent where the body is the client's own. */
  paramOf?: (param: string) => string;
  /** The parsed body. */
  body: JsonObject;
  /** Bytes of the body. */
  bytes: number;
  needs: Needs;
  /** The caller's own limit, per answer. */
  maxOutputTokens: number | null;
  /** How many answers are asked for. */
  answers: number;
  /** What is asked for beside tokens. */
  units: AskedUnits;
  /** So many requests in one, each with a model's context to itself; absent: one. */
  prompts?: number;
  /** Whether a request can be said to an endpoint, in its client's format or translated; absent: to each. */
  speaks?: (row: Row) => boolean;
  /**
   * What keeps a request from credentials that workspaces share. Absent where nothing can: as with all requests that name
   * neither tools of providers nor their objects.
   */
  barrier?: (row: Row) => { constraint: 'tool_price' | 'account_objects'; detail: string } | null;
  /** Calls of tools that run at the provider, by unit, at most. */
  calls?: (row: Row) => Readonly<Record<string, number>> | undefined;
  /** Output tokens of an answer, as answers to requests like this taught; null when nothing was learned. */
  expectedOutput: number | null;
}

export interface CallerFacts {
  /** Lists of globs over model ids: a model must be on each; null allows all. */
  models: readonly (readonly string[] | null)[];
  /** Who pays a provider for what it answers this caller; null: it cannot be called. */
  paidBy(provider: Provider): PaidBy | null;
  pricing: Pricing;
  /** Measured for the request's workflow, by model id. */
  scores: Readonly<Record<string, Score>> | null;
}

/** Endpoints that are ordered among themselves; groups follow each other as they were asked for. */
export interface Group {
  rows: readonly Row[];
  /** `auto`: the router chooses. `named`: the caller did. `step`: a fallback chain leads here. */
  kind: 'auto' | 'named' | 'step';
  /** The failures that lead here; null: any. */
  on: readonly FallbackTrigger[] | null;
  /** What a suffix of the model's name asks for. */
  sort: Preferences['sort'];
}

/** What the caller's names came to. */
export interface Asked {
  groups: readonly Group[];
  /** The first group was drawn from a split. */
  split: boolean;
  /** What names the conversation; null where nothing depends on it. */
  session: string | null;
  /** Who answered it last, where `auto` may stay there. */
  current: SessionState | null;
}
