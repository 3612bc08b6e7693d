import type { AnswerHead, Begun } from '../runs/types.ts';

/** An answer is remembered so long, milliseconds. */
export const REMEMBERED_MS = 24 * 60 * 60 * 1000;

/** A larger answer is passed on, but not remembered. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** A larger answer is kept in R2, a smaller one in the object. */
export const IN_OBJECT_BYTES = 1024 * 1024;

/** Headers between the object and its client; no other client sees them. */
export const FINGERPRINT_HEADER = 'x-idempotency-fingerprint';
export const FOLDER_HEADER = 'x-idempotency-folder';
export const KIND_HEADER = 'x-idempotency-kind';

/** Whom a key belongs to. */
export interface KeyScope {
  workspaceId: string;
  projectId: string;
  /** The value of the header. */
  key: string;
}

/**
 * How the object answers: `first` ran the request; `replay` is the same request again, answered from the run or from
 * storage; `conflict` is another request; `spent` is a request whose run was given up after it had cost something.
 */
export const ANSWER_KINDS = ['first', 'replay', 'conflict', 'spent'] as const;
export type AnswerKind = (typeof ANSWER_KINDS)[number];

/**
 * What the object knows of its key: the `answer`; that the request was given up after it had cost something (`spent`);
 * that an answer was billed which is not here, or not yet (`owed`); or what the request has begun that goes on by
 * itself, or is about to (`begun`).
 */
export type Remembered = {
  fingerprint: string;
  /** Of the run that made it so. Names the pieces of an answer. */
  token: string;
  /** Unix milliseconds. */
  expiresAt: number;
} & (
  | ({
      kind: 'answer';
      /** Bytes. */
      size: number;
      /** The bytes of each piece; none where the body is in R2. */
      pieces: number[];
      /** The object of R2 that holds, or may hold, the body; null for a small one. */
      file: string | null;
    } & AnswerHead)
  | { kind: 'spent'; generationId: string }
  | { kind: 'owed' }
  | { kind: 'begun'; begun: Begun }
);
