import { type HealthBinding, type HealthClient, healthClient } from '../../objects/health/client.ts';
import type { Continent, Snapshot } from '../../objects/health/types.ts';
import { coolDownNews, takeOverCoolDown } from '../../providers/cool-down.ts';
import { Experience } from './experience.ts';
import { Reporter } from './reporter.ts';
import type { CircuitPosition, EndpointHealth, HealthView, ModelExperience, Observation } from './types.ts';

/** Who may wait for the continent waits so long at most. */
const PATIENCE_MS = 500;

/** The request behind whose answer the continent is told. */
export interface Carrier {
  env: HealthBinding;
  /** `continentOf(request)`. */
  continent: Continent;
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * The health of endpoints in this isolate: reading is memory alone, learning is immediate, and the continent
 * is told and asked behind answers. An isolate stays where it is, so that it belongs to the continent of the
 * first request whose continent is known.
 */
export class IsolateHealth implements HealthView {
  #experience: Experience;
  #reporter: Reporter;
  readonly #now: () => number;
  readonly #connect: (env: HealthBinding, continent: Continent) => HealthClient;
  #continent: Continent = 'local';

  constructor(connect = healthClient, now: () => number = Date.now) {
    this.#connect = connect;
    this.#now = now;
    this.#experience = new Experience(now);
    this.#reporter = this.#newReporter();
  }

  /** Forgets everything, as a new isolate would. */
  forget(): void {
    this.#continent = 'local';
    this.#experience = new Experience(this.#now);
    this.#reporter = this.#newReporter();
  }

  /** Null when nothing is known. */
  endpoint(id: string): EndpointHealth | null {
    return this.#experience.endpoint(id);
  }

  model(id: string): ModelExperience | null {
    return this.#experience.model(id);
  }

  /** @param now Unix milliseconds, here and below. */
  circuit(endpointId: string, now: number): CircuitPosition {
    return this.#experience.circuit(endpointId, now);
  }

  /**
   * Whether a request may go there now: while the circuit is closed all may, while it is open none, and while it
   * is half-open one: who is told yes there ends the probe with `observe` or `releaseProbe`, or after 30 s.
   */
  claimProbe(endpointId: string, now: number): boolean {
    return this.#experience.claimProbe(endpointId, now);
  }

  /** The probe taught nothing: the client left, or the caller or a credential was at fault. */
  releaseProbe(endpointId: string): void {
    this.#experience.releaseProbe(endpointId);
  }

  /** Learns at once, and tells the continent within about a second. */
  observe(observation: Observation, carrier: Carrier): void {
    this.#experience.learn(observation);
    this.#reporter.add(observation);
    this.#carry(carrier);
  }

  /** @param since when waking began; null when it has ended. */
  waking(endpointId: string, since: number | null, carrier: Carrier): void {
    this.#experience.waking(endpointId, since);
    this.#reporter.waking(endpointId, since);
    this.#carry(carrier);
  }

  /** To be called as a request begins: asks the continent when what it told is older than five seconds. */
  refresh(carrier: Carrier): void {
    this.#carry(carrier);
  }

  /** As `refresh`, for who may wait; not longer than half a second. */
  async renew(carrier: Carrier): Promise<void> {
    const renewed = this.#reporter.renew(this.#clientFor(carrier));
    carrier.waitUntil(renewed);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS);
    });
    await Promise.race([renewed, late]);
    clearTimeout(timer);
  }

  #carry(carrier: Carrier): void {
    const client = this.#clientFor(carrier);
    if (this.#reporter.isDue) carrier.waitUntil(this.#reporter.run(client));
  }

  #clientFor(carrier: Carrier): () => HealthClient {
    if (this.#continent === 'local') this.#continent = carrier.continent;
    return () => this.#connect(carrier.env, this.#continent);
  }

  #newReporter(): Reporter {
    return new Reporter({
      coolDowns: coolDownNews,
      adopt: (told) => this.#adopt(told),
      now: this.#now,
    });
  }

  #adopt(told: Snapshot): void {
    this.#experience.adopt(told);
    for (const { credential, until } of told.coolDowns) takeOverCoolDown(credential, until);
  }
}

/** This isolate's. */
export const health = new IsolateHealth();
