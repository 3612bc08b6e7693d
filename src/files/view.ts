import type { StoredFile } from './types.ts';

/** The `File` object of OpenAI's Files API; times are Unix seconds. */
export interface FileView {
  id: string;
  object: 'file';
  bytes: number;
  created_at: number;
  expires_at: number | null;
  filename: string;
  purpose: string;
  /** Files are usable as soon as they are there. */
  status: 'processed';
}

export function fileView({ id, bytes, createdAt, expiresAt, filename, purpose }: StoredFile): FileView {
  return {
    id,
    object: 'file',
    bytes,
    created_at: Math.floor(createdAt / 1000),
    expires_at: expiresAt === null ? null : Math.floor(expiresAt / 1000),
    filename,
    purpose,
    status: 'processed',
  };
}
