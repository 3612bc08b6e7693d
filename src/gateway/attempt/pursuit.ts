import { GatewayError, toGatewayError } from '../../errors.ts';
import { coolDown, warmUp } from '../../providers/cool-down.ts';
import type { FallbackTrigger } from '../../routing/policy/types.ts';
import { Cutoff } from '../relay/cutoff.ts';
import type { Call, Candidate, Plan, Trail } from '../types.ts';
import { asleep, isFaultOfEndpoint, reasonOf, triggerOf } from './failure.ts';
import { firstOf, type Leg } from './leg.ts';
import { leadsTo, letsThrough, nextStep, type Pauses, type Step, Tries } from './next-step.ts';
import { Probe } from './probe.ts';
import { Renewal } from './renewal.ts';
import { sendOnce } from './send-once.ts';
import type { Ask, Broken, Served } from './served.ts';
import { firstLimit, hedgeAfter, limitOf, wholeAnswer } from './time-limits.ts';
import { Wake, wakeBudget } from './wake.ts';

/** More upstream calls than this are not made for one request, unless its policy says so. */
const MAX_ATTEMPTS = 6;

/** The pause before an endpoint is asked again. */
const BACKOFF_MS = 250;

/** A provider that may be scaled to zero and says nothing for so long is waking. */
const WAKING_AFTER_MS = 5_000;

/**
 * The search for an answer to one request: retries, fallbacks, hedges, wakes, and, when a stream has broken, who
 * goes on with it. The only retry loop of the gateway.
 */
export class Pursuit {
  readonly #call: Call;
  readonly #plan: Plan;
  readonly #trail: Trail;
  readonly #tries = new Tries();
  readonly #wake: Wake;
  readonly #renewal: Renewal;
  readonly #probe: Probe;
  readonly #mostAttempts: number;
  #deadline: number;
  #attempts = 0;
  #hedged = false;
  /** Who has said that it is waking, while others were asked. */
  #sleeper: Step | null = null;
  /** Told once, when a wake begins that the client should know of: since when, Unix milliseconds. */
  onWaking: ((candidate: Candidate, since: number) => void) | null = null;

  constructor(call: Call, plan: Plan, trail: Trail) {
    this.#call = call;
    this.#plan = plan;
    this.#trail = trail;
    this.#renewal = new Renewal(call);
    this.#wake = new Wake(wakeBudget(plan.policy), trail.brake, call.health, () => this.#renewal.tick());
    this.#probe = new Probe(call.health);
    this.#deadline = call.startedAt + this.#totalMs;
    this.#mostAttempts = plan.policy.max_attempts ?? MAX_ATTEMPTS;
  }

  /**
   * Tries candidates until one answers: a whole answer, or a stream whose first event is there.
   * @param broken what is to be continued, or begun anew.
   * @throws GatewayError of the last call, or of the first that no other endpoint can mend.
   */
  async find(ask: Ask, broken: Broken | null = null): Promise<Served> {
    const legs: Leg[] = [];
    let step = broken ? this.#afterBreak(broken) : this.#first();
    let error = broken?.error;
    try {
      for (;;) {
        if (step) {
          await this.#pause(step);
          legs.push(this.#start(step, ask, legs.length > 0));
        }
        const [only, ...others] = legs;
        if (!only) throw error ?? new GatewayError('internal_error');
        const ended = await firstOf(legs, others.length > 0 ? null : this.#patience(only));
        step = null;
        if (ended === 'late') {
          step = this.#beside(legs);
          continue;
        }
        const { leg, result } = ended;
        legs.splice(legs.indexOf(leg), 1);
        if (!(result instanceof GatewayError)) {
          this.#won(leg, result);
          return result;
        }
        if (this.#trail.brake.reason) throw this.#trail.brake.reason;
        error = this.#learn(leg, result);
        // While another call is under way its answer decides.
        if (legs.length === 0) step = this.#after(leg.candidate, error, ask);
        else if (!leg.beside) this.#leave(leg.candidate, error);
      }
    } finally {
      for (const { cutoff } of legs) cutoff.cancel();
      this.#probe.giveBack();
    }
  }

  /** Asks somebody once more who has answered. @throws GatewayError of this call, which nobody else is asked after. */
  async again(candidate: Candidate, ask: Ask): Promise<Served> {
    if (this.#attempts >= this.#mostAttempts || this.#timeLeft() <= 0) {
      throw new GatewayError('upstream_timeout');
    }
    const leg = this.#start({ candidate, waitMs: 0 }, ask, false);
    const result = await leg.ended;
    if (result instanceof GatewayError) throw this.#learn(leg, result);
    this.#won(leg, result);
    return result;
  }

  /** The first candidate whose circuit lets a call through; when none does, the first. */
  #first(): Step | null {
    const { health } = this.#call;
    const [first] = this.#plan.candidates;
    if (!first) return null;
    const candidate =
      this.#plan.candidates.find(({ endpoint }) => {
        const circuit = health.circuit(endpoint.id);
        return circuit === 'closed' || (circuit === 'half_open' && this.#probe.claim(endpoint.id));
      }) ?? first;
    if (candidate.endpoint.id !== first.endpoint.id) this.#trail.routingReason = 'circuit_open';
    return { candidate, waitMs: 0 };
  }

  async #pause({ candidate, waitMs, waking }: Step): Promise<void> {
    if (!waking) {
      if (waitMs > 0) await this.#trail.brake.sleep(waitMs);
      this.#renewal.tick();
      return;
    }
    const since = Date.now();
    await this.#wake.awaitTurn(candidate.endpoint.id, waitMs);
    // To wake has a budget of its own.
    this.#deadline += Date.now() - since;
  }

  #start({ candidate, waking }: Step, ask: Ask, beside: boolean): Leg {
    const { config, health, request } = this.#call;
    const { policy } = this.#plan;
    const startedAt = Date.now();
    const othersLeft = this.someoneElse(candidate, 'error') !== null;
    const limit = candidate.endpoint.scalesToZero
      ? limitOf(this.#wake.budgetMs, {}, othersLeft, this.#timeLeft())
      : limitOf(
          firstLimit(request.stream, candidate, config.limits, health, othersLeft),
          request.stream ? policy : wholeAnswer(policy),
          othersLeft,
          this.#timeLeft(),
        );
    const cutoff = new Cutoff();
    this.#trail.brake.attach(cutoff);
    this.#tries.began(candidate);
    if (!waking) this.#attempts++;
    const asked = ask.requestFor(candidate);
    const ended = sendOnce(
      this.#call,
      candidate,
      asked,
      policy,
      limit.ms,
      this.#trail,
      cutoff,
      this.#renewal,
    ).catch((thrown: unknown) => {
      this.#trail.brake.detach(cutoff);
      return toGatewayError(thrown);
    });
    return { candidate, cutoff, startedAt, limit, beside, ended };
  }

  /** After how long the only call is late, milliseconds; null where nothing would come of it. */
  #patience({ candidate }: Leg): number | null {
    if (this.#hedged) return null;
    const sleepy = candidate.endpoint.scalesToZero === true;
    if (!sleepy && !this.someoneElse(candidate, 'slo')) return null;
    const { health, request } = this.#call;
    const after = hedgeAfter(request.stream, candidate, this.#plan.policy, health);
    return sleepy ? Math.min(after ?? Infinity, WAKING_AFTER_MS) : after;
  }

  /** Somebody to run beside the one that is late. Where nobody can, a provider that wakes is waited for. */
  #beside([leg]: readonly Leg[]): Step | null {
    this.#hedged = true;
    if (!leg) return null;
    const { candidate, startedAt } = leg;
    const other = this.someoneElse(candidate, 'slo');
    if (other) return { candidate: other, waitMs: 0 };
    if (candidate.endpoint.scalesToZero) this.#announce(candidate, startedAt);
    return null;
  }

  #announce(candidate: Candidate, since: number): void {
    this.#wake.began(candidate.endpoint.id, since);
    this.onWaking?.(candidate, since);
    this.onWaking = null;
  }

  /** Who has not been asked, is not known to be down, and would be asked after a failure of this kind. */
  someoneElse(than: Candidate, trigger: FallbackTrigger): Candidate | null {
    if (this.#attempts >= this.#mostAttempts) return null;
    const found = this.#plan.candidates.find(
      (candidate) =>
        this.#tries.times(candidate) === 0 &&
        candidate.endpoint.id !== than.endpoint.id &&
        leadsTo(candidate, trigger, than) &&
        !candidate.endpoint.scalesToZero &&
        letsThrough(this.#call.health.circuit(candidate.endpoint.id), trigger),
    );
    return found ?? null;
  }

  #won({ candidate, beside }: Leg, served: Served): void {
    warmUp(candidate.credential.id);
    this.#probe.taught(candidate.endpoint.id);
    this.#wake.ended(candidate.endpoint.id);
    this.#trail.candidate = candidate;
    this.#trail.conversions = served.conversions;
    this.#trail.adjusted = served.adjusted;
    if (beside) this.#trail.routingReason = 'hedge';
  }

  /** What a failed call tells of its credential and its endpoint. @returns the failure by its right name. */
  #learn({ candidate, limit, startedAt }: Leg, error: GatewayError): GatewayError {
    const { credential, endpoint, model } = candidate;
    const now = Date.now();
    if (endpoint.scalesToZero && error.code === 'upstream_overloaded') return asleep(error);
    this.#tries.failed(candidate, error);
    if (credential.kind !== 'none') coolDown(credential.id, error, now);
    if (error.code === 'upstream_timeout' && endpoint.scalesToZero) {
      return this.#wake.timeout(endpoint.id, now - startedAt);
    }
    const timedOut = error.code === 'upstream_timeout';
    if (isFaultOfEndpoint(error, candidate) && !(timedOut && limit.impatient)) {
      const outcome = timedOut ? 'timeout' : 'error';
      this.#call.health.observe({ endpoint: endpoint.id, model: model.id, at: now, startedAt, outcome });
      this.#probe.taught(endpoint.id);
    }
    return error;
  }

  /** Who is asked after a failure. */
  #after(failed: Candidate, error: GatewayError, ask: Ask): Step | null {
    if (ask.refused(failed, error)) return { candidate: failed, waitMs: 0 };
    if (error.code === 'upstream_waking') {
      this.#sleeper = { candidate: failed, waitMs: error.retryAfterMs ?? 0, waking: true };
      if (!this.someoneElse(failed, 'error')) return this.#awaitSleeper();
    }
    const trigger = ask.ours ? 'error' : triggerOf(error);
    if (this.#attempts >= this.#mostAttempts) return trigger && this.#awaitSleeper();
    const { candidates } = this.#plan;
    const step =
      nextStep(candidates, failed, error, trigger, this.#tries, this.#pauses) ??
      (trigger && this.#awaitSleeper());
    if (step && step.candidate.endpoint.id !== failed.endpoint.id) this.#leave(failed, error);
    return step;
  }

  /** Whoever is waking is waited for when nobody else could serve. */
  #awaitSleeper(): Step | null {
    const step = this.#sleeper;
    this.#sleeper = null;
    if (!step || this.#timeLeft() <= 0) return null;
    this.#announce(step.candidate, Date.now());
    return step;
  }

  /** Who goes on with a stream that broke: not the endpoint that broke it, unless nothing of it has gone out. */
  #afterBreak({ candidate: failed, error, afresh }: Broken): Step | null {
    this.#tries.failed(failed, error);
    this.#hedged = false;
    // Without a limit of the request's own, an answer that took long has as long to be continued.
    if (this.#plan.policy.total_ms === undefined) this.#deadline = Date.now() + this.#totalMs;
    if (this.#attempts >= this.#mostAttempts) return null;
    const candidates = afresh
      ? this.#plan.candidates
      : this.#plan.candidates.filter(({ endpoint }) => endpoint.id !== failed.endpoint.id);
    const step = nextStep(candidates, failed, error, triggerOf(error), this.#tries, this.#pauses);
    if (step && step.candidate.endpoint.id !== failed.endpoint.id) this.#leave(failed, error);
    return step;
  }

  #leave({ endpoint }: Candidate, error: GatewayError): void {
    const { fallbackFrom } = this.#trail;
    if (!fallbackFrom.includes(endpoint.id)) fallbackFrom.push(endpoint.id);
    this.#trail.routingReason = reasonOf(error.code);
  }

  get #pauses(): Pauses {
    return { timeLeftMs: this.#timeLeft(), backoffMs: this.#plan.policy.backoff_ms ?? BACKOFF_MS };
  }

  get #totalMs(): number {
    return this.#plan.policy.total_ms ?? this.#call.config.limits.answerMs;
  }

  #timeLeft(): number {
    return this.#deadline - Date.now();
  }
}
