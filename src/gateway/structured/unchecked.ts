import type { UncheckedReason } from '../../telemetry/receipt.ts';

/** The check could not be made: nothing is said of the answer. */
export class UncheckedError extends Error {
  readonly reason: UncheckedReason;

  constructor(reason: UncheckedReason) {
    super(reason);
    this.reason = reason;
  }
}
