/** What the gateway tells itself of a line, where no client can: `ctx.props`. */
export interface LineProps {
  /** Of the secret of the key that made the batch. */
  keyHash: string;
  batchId: string;
  /** Counted from 1, as in the file. */
  line: number;
  generationId: string;
  /** The line costs nothing: an attempt before this one was billed. */
  waived: boolean;
}

/** This Worker's own entrypoint for lines. */
export type CallLine = (props: LineProps) => Fetcher;
