import type { BatchObject } from './object.ts';
import type {
  BatchOrder,
  BatchProgress,
  Claim,
  Outcome,
  PlannedLine,
  ResultEntry,
  SlotMessage,
  SlotWork,
  StopReason,
} from './types.ts';

interface BatchBinding {
  BATCH: DurableObjectNamespace<BatchObject>;
}

/** The lines of one batch: what is known of each, and what it came to. */
export interface BatchClient {
  /** Makes the object; repeating it changes nothing. */
  open(order: BatchOrder): Promise<void>;
  /** What the batch is to do, for who must set it going again; null where there is none (any more). */
  recall(): Promise<BatchOrder | null>;
  /** Adds lines; those that are known change nothing. */
  plan(lines: PlannedLine[]): Promise<void>;
  /** All lines are known: sends the messages that run them. Repeating it changes nothing. */
  start(): Promise<BatchProgress>;
  /** Begins to work a slot; null for a message that is out of date. */
  enter(message: SlotMessage): Promise<SlotWork | null>;
  /** Keeps what became of an attempt and, where wanted, gives the next line to be run. */
  next(message: SlotMessage, outcome: Outcome | null, wanted: boolean): Promise<Claim>;
  /** Says that a slot is still being worked. */
  beat(message: SlotMessage): Promise<void>;
  /**
   * Ends the work of a slot, which goes on in so many milliseconds with a message of its own; null where nothing is
   * left to do.
   */
  leave(message: SlotMessage, delayMs: number | null): Promise<void>;
  /** No further line begins: what has not been run fails so. */
  stop(reason: StopReason): Promise<BatchProgress>;
  /** Ends a stopped batch with what has been done. */
  abandon(): Promise<void>;
  /**
   * Lines that were begun, after a line, so many at most.
   * @param unanswered those alone that have ended without an answer, and may have been billed.
   */
  attempted(unanswered: boolean, after: number, limit: number): Promise<{ line: number; attempts: number }[]>;
  /** Lines with attempts that are not their answer, after a line, so many at most; the attempts are their first ones. */
  superseded(after: number, limit: number): Promise<{ line: number; attempts: number }[]>;
  progress(): Promise<BatchProgress>;
  /** Lines of the output (`ok`) or error file in order, after a line, about so many bytes. */
  results(ok: boolean, after: number, bytes: number): Promise<ResultEntry[]>;
  /** Deletes everything. */
  close(): Promise<void>;
}

export function batchClient(env: BatchBinding, batchId: string): BatchClient {
  const stub = env.BATCH.get(env.BATCH.idFromName(batchId));
  return {
    open: async (order) => await stub.open(order),
    recall: async () => await stub.recall(),
    plan: async (lines) => await stub.plan(lines),
    start: async () => await stub.start(),
    enter: async (message) => await stub.enter(message),
    next: async (message, outcome, wanted) => await stub.next(message, outcome, wanted),
    beat: async (message) => await stub.beat(message),
    leave: async (message, delayMs) => await stub.leave(message, delayMs),
    stop: async (reason) => await stub.stop(reason),
    abandon: async () => await stub.abandon(),
    attempted: async (unanswered, after, limit) => await stub.attempted(unanswered, after, limit),
    superseded: async (after, limit) => await stub.superseded(after, limit),
    progress: async () => await stub.progress(),
    results: async (ok, after, bytes) => await stub.results(ok, after, bytes),
    close: async () => await stub.close(),
  };
}
