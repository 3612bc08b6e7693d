/** A generation that has an id before it runs. */
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
}

/** The head of an answer. */
export interface AnswerHead {
  status: number;
  headers: [name: string, value: string][];
}
