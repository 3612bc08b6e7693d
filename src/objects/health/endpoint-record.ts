import { Measurements, type StoredMeasurements } from './measurements.ts';
import { StepCounts, type StoredCounts } from './step-counts.ts';
import type { Counts, EndpointHealth, Observation, Outcome } from './types.ts';

const SHORT_MS = 30_000;
const LONG_MS = 5 * 60_000;
const STEP_MS = 5_000;

/** Tool calls are rarer, and what writes them changes seldom. */
const TOOLS_MS = 60 * 60_000;
const TOOLS_STEP_MS = 5 * 60_000;

const KIND: Record<Outcome, number> = { ok: 0, error: 1, timeout: 1, cut: 2, stall: 3 };

/** A rate from less than this says more of the clock's grain than of the endpoint. */
const LEAST_STREAM_MS = 50;

/** An `EndpointRecord` as it is stored. */
export interface StoredRecord {
  outcomes: StoredCounts;
  toolCalls: StoredCounts;
  /** Absent in what was stored before it was counted. */
  structured?: StoredCounts;
  ttft: StoredMeasurements;
  answer: StoredMeasurements;
  throughput: StoredMeasurements;
  observedAt: number;
}

/** What observations of one endpoint add up to: all of its health but the circuit and waking. */
export class EndpointRecord {
  readonly #outcomes: StepCounts;
  readonly #toolCalls: StepCounts;
  readonly #structured: StepCounts;
  readonly #ttft: Measurements;
  readonly #answer: Measurements;
  readonly #throughput: Measurements;
  #observedAt: number;

  constructor(stored?: StoredRecord) {
    this.#outcomes = new StepCounts(STEP_MS, LONG_MS, 4, stored?.outcomes);
    this.#toolCalls = new StepCounts(TOOLS_STEP_MS, TOOLS_MS, 2, stored?.toolCalls);
    this.#structured = new StepCounts(TOOLS_STEP_MS, TOOLS_MS, 2, stored?.structured);
    this.#ttft = new Measurements(stored?.ttft);
    this.#answer = new Measurements(stored?.answer);
    this.#throughput = new Measurements(stored?.throughput);
    this.#observedAt = stored?.observedAt ?? 0;
  }

  /** Unix milliseconds of the newest observation; 0 when there is none. */
  get observedAt(): number {
    return this.#observedAt;
  }

  add(observation: Observation): void {
    const { at, outcome, ttftMs, answerMs, outputTokens, streamMs, toolCalls, structured } = observation;
    this.#observedAt = Math.max(this.#observedAt, at);
    this.#outcomes.add(KIND[outcome], at);
    if (ttftMs !== undefined) this.#ttft.add(ttftMs, at);
    if (answerMs !== undefined) this.#answer.add(answerMs, at);
    if (outputTokens !== undefined && streamMs !== undefined && streamMs >= LEAST_STREAM_MS) {
      this.#throughput.add((outputTokens * 1000) / streamMs, at);
    }
    if (toolCalls) this.#toolCalls.add(toolCalls === 'valid' ? 0 : 1, at);
    if (structured) this.#structured.add(structured === 'valid' ? 0 : 1, at);
  }

  health(now: number): Omit<EndpointHealth, 'circuit' | 'openUntil' | 'wakingSince'> {
    const [valid = 0, invalid = 0] = this.#toolCalls.sums(TOOLS_MS, now);
    const [fitting = 0, unfitting = 0] = this.#structured.sums(TOOLS_MS, now);
    return {
      ttft: this.#ttft.distribution(now),
      answer: this.#answer.distribution(now),
      throughput: this.#throughput.distribution(now),
      last30s: countsOf(this.#outcomes.sums(SHORT_MS, now)),
      last5m: countsOf(this.#outcomes.sums(LONG_MS, now)),
      toolCalls: { valid, invalid },
      structured: { valid: fitting, invalid: unfitting },
    };
  }

  stored(): StoredRecord {
    return {
      outcomes: this.#outcomes.stored(),
      toolCalls: this.#toolCalls.stored(),
      structured: this.#structured.stored(),
      ttft: this.#ttft.stored(),
      answer: this.#answer.stored(),
      throughput: this.#throughput.stored(),
      observedAt: this.#observedAt,
    };
  }
}

/** When a call began, as far as its observation tells. */
export function startOf({ at, startedAt, answerMs, ttftMs = 0, streamMs = 0 }: Observation): number {
  return startedAt ?? at - (answerMs ?? ttftMs + streamMs);
}

function countsOf([ok = 0, errors = 0, cuts = 0, stalls = 0]: number[]): Counts {
  return { requests: ok + errors + cuts + stalls, errors, cuts, stalls };
}
