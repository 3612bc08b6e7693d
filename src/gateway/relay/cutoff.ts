import { GatewayError } from '../../errors.ts';

/** Ends one upstream call early, and remembers why: a fetch only tells that it was aborted. */
export class Cutoff {
  readonly #controller = new AbortController();
  #reason: GatewayError | null = null;
  #cancelled = false;
  /** Called when it is cancelled: cheaper than a listener on the signal, which every call would have. */
  onCancel: (() => void) | null = null;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the call was ended by us, or null. */
  get reason(): GatewayError | null {
    return this.#reason;
  }

  /** Whether it was ended for no fault of its own: another was first. */
  get cancelled(): boolean {
    return this.#cancelled;
  }

  cut(reason: GatewayError): void {
    this.#reason ??= reason;
    this.#controller.abort();
  }

  cancel(): void {
    if (this.#reason) return;
    this.#cancelled = true;
    this.onCancel?.();
    this.cut(new GatewayError('upstream_timeout', { message: 'Another provider was first.' }));
  }

  /** What a failed fetch means: our own reason, else that there was no connection. */
  explain(cause: unknown): GatewayError {
    if (this.#reason) return this.#reason;
    return cause instanceof GatewayError ? cause : new GatewayError('upstream_unreachable', { cause });
  }

  /** What a failed read of an answer means: our own reason, else a broken connection. */
  explainRead(cause: unknown): GatewayError {
    if (this.#reason || cause instanceof GatewayError) return this.explain(cause);
    const message = 'The connection to the provider broke off in the middle of the answer.';
    return new GatewayError('upstream_unreachable', { message, cause });
  }
}

/** Stops all that a request has under way, and whatever begins afterwards. */
export class Brake {
  #reason: GatewayError | null = null;
  readonly #cutoffs = new Set<Cutoff>();
  #sleeper: (() => void) | null = null;

  /** Why it was pulled, or null. */
  get reason(): GatewayError | null {
    return this.#reason;
  }

  pull(reason: GatewayError): void {
    if (this.#reason) return;
    this.#reason = reason;
    for (const cutoff of this.#cutoffs) cutoff.cut(reason);
    this.#cutoffs.clear();
    this.#sleeper?.();
  }

  /** From now on a pull ends this call too. */
  attach(cutoff: Cutoff): void {
    if (this.#reason) cutoff.cut(this.#reason);
    else this.#cutoffs.add(cutoff);
  }

  detach(cutoff: Cutoff): void {
    this.#cutoffs.delete(cutoff);
  }

  /** Waits, and no longer than until it is pulled. @throws GatewayError the reason, when it is. */
  async sleep(ms: number): Promise<void> {
    if (this.#reason) throw this.#reason;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
      this.#sleeper = resolve;
    });
    clearTimeout(timer);
    this.#sleeper = null;
    if (this.#reason) throw this.#reason;
  }
}
