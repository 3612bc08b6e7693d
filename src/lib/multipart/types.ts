/** A part of a form that is text. */
export interface FormField {
  name: string;
  value: string;
}

/** A part of a form that is a file: it has a file name, if only an empty one. */
export interface FormFile {
  name: string;
  /** As the sender wrote it, which may be a path, or ''. */
  filename: string;
  /** Its media type; null where none was sent. */
  type: string | null;
  /** Shares the memory of the body that it was read from. */
  bytes: Uint8Array;
}

/** A `multipart/form-data` body, its parts in the order in which they were sent. */
export type FormPart = FormField | FormFile;

export function isFile(part: FormPart): part is FormFile {
  return 'bytes' in part;
}
