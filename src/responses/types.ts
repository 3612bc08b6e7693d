import type { JsonObject } from '../lib/json.ts';

/** Whom a response belongs to. */
export interface ResponseScope {
  workspaceId: string;
  projectId: string;
}

/** What R2 holds of a response. */
export interface Kept {
  /** As the client got it. */
  response: JsonObject;
  /** The whole conversation that it answers, earlier responses included; each item has an id. */
  input: JsonObject[];
}

/** Responses are kept so long, milliseconds. */
export const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** What is larger is not kept, and no conversation is longer, bytes. */
export const MAX_KEPT_BYTES = 32 * 1024 * 1024;

/** Statuses of a response that has yet to end. */
export const UNDER_WAY: readonly string[] = ['queued', 'in_progress'];
