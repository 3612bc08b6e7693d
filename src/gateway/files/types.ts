/** A file that a request names. */
export interface NamedFile {
  filename: string;
  /** As it was declared; the bytes may show another. */
  contentType: string;
  /** Its size, bytes. */
  bytes: number;
  /** @throws GatewayError `storage_unavailable`. */
  read(): Promise<Uint8Array>;
}

/** Finds a file of the caller. @throws GatewayError `not_found` with this parameter, `storage_unavailable`. */
export type FindFile = (id: string, param: string) => Promise<NamedFile>;

/** A file of a request with its content. */
export interface LoadedFile {
  filename: string;
  mediaType: string;
  bytes: Uint8Array;
}
