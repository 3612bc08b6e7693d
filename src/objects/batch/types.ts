/** The event that wakes the Workflow of a batch: it looks at the object then. */
export const PROGRESS_EVENT = 'progress';

/** What a batch is to do, and for whom. */
export interface BatchOrder {
  batchId: string;
  workspaceId: string;
  projectId: string;
  /** The key that its lines are called with. */
  keyId: string;
  /** The address that the batch came from, where it is known: keys may be bound to some. */
  address: string | null;
  /** Where the gateway was called: answers may hold links to it. */
  origin: string;
  /** The path that every line calls. */
  endpoint: string;
  inputFileId: string;
  /** Unix milliseconds. */
  createdAt: number;
  expiresAt: number;
}

/** A line of the input file as it was found. */
export interface PlannedLine {
  /** Counted from 1, as in the file. */
  line: number;
  /** Where it begins in the file, and how long it is, bytes. */
  start: number;
  bytes: number;
  customId: string | null;
  /** A line that cannot be run: its line of the error file. Null for all others. */
  failure: string | null;
}

/** How lines end that were not run: by the window, or since the batch was cancelled. */
export type StopReason = 'expired' | 'cancelled';

/** A message of the queue: so many lines of a batch may be run at once, one after the other. */
export interface SlotMessage {
  batchId: string;
  slot: number;
  /** Which of the slot's messages it is: others are out of date. */
  turn: number;
}

/** What who works a slot needs to know. */
export interface SlotWork {
  order: BatchOrder;
  /** So many lines at once. */
  lanes: number;
  /** Who is silent for longer counts as gone, milliseconds. */
  leaseMs: number;
}

/** A line that is to be run. */
export interface ClaimedLine {
  line: number;
  start: number;
  bytes: number;
  customId: string | null;
  /** Counts from 1. */
  attempt: number;
  /** An attempt before this one was lost: it may have been billed. */
  uncertain: boolean;
  /** How often the line was given up for later, and counts as tried. */
  tries: number;
}

export type Claim =
  | { kind: 'line'; claimed: ClaimedLine }
  /** Nothing is to be done for so many milliseconds. */
  | { kind: 'wait'; ms: number }
  /** Nothing is left to be done. */
  | { kind: 'over' };

/** What became of an attempt. */
export type Outcome = {
  line: number;
  attempt: number;
  /** Whether the attempt was billed is not known. */
  uncertain: boolean;
} & (
  | {
      kind: 'done';
      ok: boolean;
      /** The line of the output or error file; null where it is in R2. */
      text: string | null;
      /** The object of R2 that holds it. */
      file: string | null;
      /** What the answer says that it took; null where it says nothing. */
      usage: BatchUsage | null;
    }
  | {
      kind: 'again';
      /** The line is left alone for so long, milliseconds. */
      delayMs: number;
      /** The whole batch is. */
      pauseMs: number;
      /** It counts as a try. */
      counts: boolean;
    }
);

/** `planning` until all lines are known; `stopping` once no further line may begin; `over` when all have ended. */
export type BatchPhase = 'planning' | 'running' | 'stopping' | 'over';

/** Tokens of answers. */
export interface BatchUsage {
  input: number;
  /** Of the input, those that the provider read from its cache. */
  cached: number;
  output: number;
  /** Of the output. */
  reasoning: number;
}

export interface BatchProgress {
  phase: BatchPhase;
  total: number;
  completed: number;
  failed: number;
  /** Of the lines that were completed. */
  usage: BatchUsage;
  /** Why it stopped before all lines were run; null where it did not. */
  stopped: StopReason | null;
}

/** A line of the output or error file. */
export interface ResultEntry {
  line: number;
  customId: string | null;
  text: string | null;
  file: string | null;
  /** Why it was not run, where that is all that is known. */
  stopped: StopReason | null;
}
