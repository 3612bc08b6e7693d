/** Where the bytes of a file are in the bucket. */
export function objectKey(workspaceId: string, fileId: string): string {
  return `${workspaceId}/files/${fileId}`;
}

/** The file whose bytes are there. */
export function fileIdOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
