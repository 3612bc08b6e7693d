/** Something that has an id before it is there: a generation, or a batch. */
export interface Begun {
  id: string;
  /** Unix milliseconds. */
  startedAt: number;
}

/** What a generation is told by the object that asks for it, where no client can: `ctx.props`. */
export interface RunProps {
  /** The token of the run. */
  run: string;
  /** The generation that it is, where clients know of it already. */
  generation?: Begun;
  /** What an earlier run of the same request began, or was about to. */
  begun?: Begun;
  /** An earlier run of the same request was billed, and its answer lost: this one costs nothing. */
  waived?: boolean;
}

/**
 * How a run ends that costs something: it is `told` to its end, be that of its own or by a limit of the request, or it
 * was `left` by all who wanted it.
 */
export type CostlyEnding = 'told' | 'left';

/** The head of an answer. */
export interface AnswerHead {
  status: number;
  headers: [name: string, value: string][];
}
