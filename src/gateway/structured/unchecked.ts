/**
 * Why an answer could not be held against its schema: a closed list, as receipts name it. `schema_too_large`,
 * `schema_invalid`; `unresolved_reference`: one that leads out of the schema, nothing is fetched;
 * `unknown_keyword`: one that would decide and is not known; `pattern`: one that takes more than linear time;
 * `answer_too_large`; `too_costly`: it took more steps than one request may.
 */
export type UncheckedReason =
  | 'schema_too_large'
  | 'schema_invalid'
  | 'unresolved_reference'
  | 'unknown_keyword'
  | 'pattern'
  | 'answer_too_large'
  | 'too_costly';

/** The check could not be made: nothing is said of the answer. */
export class UncheckedError extends Error {
  readonly reason: UncheckedReason;

  constructor(reason: UncheckedReason) {
    super(reason);
    this.reason = reason;
  }
}
