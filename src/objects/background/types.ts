/** The events of a response can be read again for so long, milliseconds. */
export const EVENTS_KEPT_MS = 24 * 60 * 60 * 1000;

/** A header between the object and its client, JSON; no other client sees it. */
export const GENERATION_HEADER = 'x-background-generation';

/** How far a run has come; null where there is none, or no more. */
export type RunState = 'queued' | 'in_progress' | null;

/** The events of a run that has ended, as they are in storage. */
export interface KeptEvents {
  /** Names the pieces. */
  token: string;
  /** The bytes of each piece. */
  pieces: number[];
}
