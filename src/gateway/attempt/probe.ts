import type { CallHealth } from '../types.ts';

/** The probe of a half-open circuit, as far as one request has it: at most one. */
export class Probe {
  readonly #health: CallHealth;
  #endpointId: string | null = null;

  constructor(health: CallHealth) {
    this.#health = health;
  }

  /** Whether this request may call an endpoint whose circuit is half-open. */
  claim(endpointId: string): boolean {
    if (!this.#health.claimProbe(endpointId)) return false;
    this.#endpointId = endpointId;
    return true;
  }

  /** Health is told, or will be, how a call of this endpoint ended: that ends its probe too. */
  taught(endpointId: string): void {
    if (this.#endpointId === endpointId) this.#endpointId = null;
  }

  /** It taught nothing: somebody else may have it. */
  giveBack(): void {
    if (this.#endpointId !== null) this.#health.releaseProbe(this.#endpointId);
    this.#endpointId = null;
  }
}
