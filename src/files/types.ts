import type { InferSelectModel } from 'drizzle-orm';
import type { files } from '../db/schema/files.ts';

/** What clients may upload files for. */
export const UPLOAD_PURPOSES = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] as const;

/** What a file is for: also what a batch has written. The words of OpenAI's Files API. */
export type FilePurpose = (typeof UPLOAD_PURPOSES)[number] | 'batch_output';

/** Whose files: those of one project. */
export interface FileScope {
  workspaceId: string;
  projectId: string;
}

/** The same, and who changes them: the id of a key, or `system`. */
export interface FileAuthor extends FileScope {
  actor: string;
}

/** What is known of a file beside its bytes. */
export interface NewFile {
  purpose: FilePurpose;
  filename: string;
  /** A media type without parameters, such as `application/pdf`. */
  contentType: string;
  /** How long it is kept, seconds. Absent: until it is deleted. */
  expiresAfterS?: number | undefined;
}

/** A file as it is kept; times are Unix milliseconds. */
export type StoredFile = InferSelectModel<typeof files>;

/** Bytes as they come, read when they are wanted. A web stream is one. */
export type ByteSource = AsyncIterable<Uint8Array>;
