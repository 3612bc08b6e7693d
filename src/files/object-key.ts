/** Where the bytes of a file are in the bucket. */
export function objectKey(workspaceId: string, fileId: string): string {
  return `${workspaceId}/files/${fileId}`;
}
