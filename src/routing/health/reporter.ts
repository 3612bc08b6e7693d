import type { HealthClient } from '../../objects/health/client.ts';
import type { CoolDown, Observation, Report, Snapshot } from '../../objects/health/types.ts';

/** The continent is not told more often than this, milliseconds. */
export const REPORT_EVERY_MS = 1_000;

/** A snapshot that is older is asked for anew. */
export const FRESH_MS = 5_000;

/** After a failure the continent is left alone for so long. */
const RETRY_AFTER_MS = 5_000;

/** What takes longer is given up: the request that carried it may be gone. */
const STUCK_MS = 15_000;

/** One request carries so many reports in a row; then the next one does. */
const IN_A_ROW = 10;

/** Of what could not be told, the newest so many are kept. */
const MAX_OBSERVATIONS = 2_000;

/** What a report needs of the isolate. */
export interface ReporterParts {
  /** Credentials that began or ceased to rest since it was last asked. */
  coolDowns(): CoolDown[];
  /** Takes over what the continent told. */
  adopt(snapshot: Snapshot): void;
  now(): number;
}

/**
 * Tells the continent's object what the isolate has seen, in batches. Requests only put things into memory; one
 * of them carries the call behind its answer, and none waits on the promise of another.
 */
export class Reporter {
  readonly #parts: ReporterParts;
  #observations: Observation[] = [];
  readonly #waking = new Map<string, number | null>();
  readonly #coolDowns = new Map<string, number>();
  #version = 0;
  /** When reporting that goes on now began; null when none does. Unix milliseconds. */
  #underWaySince: number | null = null;
  #sentAt = 0;
  #toldAt = 0;
  #leaveAloneUntil = 0;

  constructor(parts: ReporterParts) {
    this.#parts = parts;
  }

  add(observation: Observation): void {
    this.#observations.push(observation);
    const excess = this.#observations.length - MAX_OBSERVATIONS;
    // In steps, so that it costs nothing for each.
    if (excess > MAX_OBSERVATIONS / 10) this.#observations.splice(0, excess);
  }

  waking(endpointId: string, since: number | null): void {
    this.#waking.set(endpointId, since);
  }

  /** Whether the continent should be told or asked now. */
  get isDue(): boolean {
    const now = this.#parts.now();
    if (this.#underWaySince !== null && now - this.#underWaySince < STUCK_MS) return false;
    if (now < this.#leaveAloneUntil) return false;
    return this.#hasNews() || now - this.#toldAt > FRESH_MS;
  }

  /** Tells what there is, and goes on while more comes. Never rejects. */
  async run(client: () => HealthClient): Promise<void> {
    const since = this.#parts.now();
    this.#underWaySince = since;
    for (let round = 0; round < IN_A_ROW; round++) {
      const wait = this.#sentAt + REPORT_EVERY_MS - this.#parts.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      // Another took over from what seemed stuck.
      if (this.#underWaySince !== since) return;
      if (!(await this.#tell(client)) || !this.#hasNews()) break;
    }
    if (this.#underWaySince === since) this.#underWaySince = null;
  }

  /** Asks now, when what was told is no longer new; for who may wait. Never rejects. */
  async renew(client: () => HealthClient): Promise<void> {
    const now = this.#parts.now();
    if (now - this.#toldAt > FRESH_MS && now >= this.#leaveAloneUntil) await this.#tell(client);
  }

  async #tell(client: () => HealthClient): Promise<boolean> {
    const report = this.#take();
    this.#sentAt = this.#parts.now();
    try {
      const snapshot = await client().report(report);
      this.#version = snapshot.version;
      this.#toldAt = this.#parts.now();
      this.#parts.adopt(snapshot);
      return true;
    } catch (cause) {
      this.#putBack(report);
      this.#leaveAloneUntil = this.#parts.now() + RETRY_AFTER_MS;
      console.warn(JSON.stringify({ warning: 'health_report_failed', cause: String(cause) }));
      return false;
    }
  }

  #hasNews(): boolean {
    for (const { credential, until } of this.#parts.coolDowns()) this.#coolDowns.set(credential, until);
    return this.#observations.length > 0 || this.#waking.size > 0 || this.#coolDowns.size > 0;
  }

  #take(): Report {
    this.#hasNews();
    const report: Report = {
      since: this.#version,
      observations: this.#observations,
      coolDowns: [...this.#coolDowns].map(([credential, until]) => ({ credential, until })),
      waking: [...this.#waking].map(([endpoint, since]) => ({ endpoint, since })),
    };
    this.#observations = [];
    this.#coolDowns.clear();
    this.#waking.clear();
    return report;
  }

  /** What has come since is newer. */
  #putBack({ observations, coolDowns, waking }: Report): void {
    this.#observations = [...observations, ...this.#observations].slice(-MAX_OBSERVATIONS);
    for (const { credential, until } of coolDowns) {
      if (!this.#coolDowns.has(credential)) this.#coolDowns.set(credential, until);
    }
    for (const { endpoint, since } of waking) {
      if (!this.#waking.has(endpoint)) this.#waking.set(endpoint, since);
    }
  }
}
