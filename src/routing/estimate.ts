import { type AskedUnits, beyondTokens, chargeAtMost, marginFor } from '../billing/charge.ts';
import { ratesFor } from '../billing/cost.ts';
import { DEFAULT_PRICING } from '../billing/pricing.ts';
import type { Price } from '../registry/types.ts';
import { accuracyOf } from './accuracy.ts';
import type { Row } from './rows.ts';
import type { SessionState } from './session.ts';
import type { Situation } from './situation.ts';
import type { Accuracy, Estimate } from './types.ts';

/** Output tokens of an answer of which nothing is known. */
const USUAL_OUTPUT = 500;

/** An answer that may be no longer than this is none. */
export const LEAST_OUTPUT = 16;

/** What was learned of tokens is an average: limits are held against somewhat more. */
const RATIO_MARGIN = 1.1;

const NANO_PER_USD = 1_000_000_000;
const PER_MILLION = 1_000_000;

/**
 * What one request would be like at endpoints. Costs are what the caller pays in all: to the gateway, and where a
 * credential of its own is used to the provider too.
 */
export class Estimator {
  readonly #situation: Situation;
  /** The last model and its ratio: the endpoints of a model follow each other. */
  #model: string | null = null;
  #modelRatio: number | null = null;
  /** By provider, where margins do not depend on models; else by endpoint. */
  readonly #factors = new Map<string, number>();

  constructor(situation: Situation) {
    this.#situation = situation;
  }

  /** Input tokens at a model: by what its answers taught of bytes, else by the size of the text. */
  inputTokens(modelId: string): number {
    const { needs, bytes } = this.#situation.request;
    const ratio = this.#ratio(modelId);
    return ratio === null ? needs.inputTokens : Math.ceil(bytes * ratio);
  }

  /** Output tokens of all answers that are to be expected. @param most of each answer. */
  outputTokens(row: Row, most = Infinity): number {
    const { request } = this.#situation;
    const limit = Math.min(this.outputLimit(row), most);
    const usual = request.maxOutputTokens ?? USUAL_OUTPUT;
    return Math.min(request.expectedOutput ?? usual, limit) * request.answers;
  }

  /** Output tokens of one answer at most, as far as the caller or the endpoint limits it. */
  outputLimit({ maxOutputTokens }: Row): number {
    return Math.min(this.#situation.request.maxOutputTokens ?? Infinity, maxOutputTokens ?? Infinity);
  }

  /**
   * USD; null when the price is not known.
   * @param state a conversation whose prompt the endpoint still has in its cache.
   * @param most output tokens of each answer.
   */
  costUsd(row: Row, state: SessionState | null = null, most = Infinity): number | null {
    const { price } = row.endpoint;
    if (!price) return null;
    const input = this.inputTokens(row.model.id);
    const rates = ratesFor(input, price);
    const cached = state && rates.cachedInput !== undefined ? Math.min(state.inputTokens, input) : 0;
    const inputCost = (input - cached) * rates.input + cached * (rates.cachedInput ?? 0);
    const tokens = (inputCost + this.outputTokens(row, most) * rates.output) / PER_MILLION;
    const fixed = beyondTokens(price, this.#units(row));
    return ((tokens + fixed) * this.factor(row)) / NANO_PER_USD;
  }

  /**
   * Output tokens of each answer that a budget affords in the worst case, Infinity where they cost nothing;
   * negative where the input alone is too dear. Null when the price is not known.
   * @param budgetUsd for the whole request.
   */
  affordableOutput(row: Row, budgetUsd: number): number | null {
    const { price } = row.endpoint;
    if (!price) return null;
    const margin = this.#ratio(row.model.id) === null ? 1 : RATIO_MARGIN;
    const input = Math.ceil(this.inputTokens(row.model.id) * margin);
    const { fixed, outputRate } = this.#chargeAtMost(input, price, row);
    const factor = this.factor(row);
    const left = Math.round(budgetUsd * NANO_PER_USD) - Math.round(fixed * factor);
    if (left < 0) return -1;
    const rate = outputRate * factor * this.#situation.request.answers;
    return rate === 0 ? Infinity : Math.floor((left * PER_MILLION) / rate + 1e-9);
  }

  /** USD of the least that a request takes: its input and the shortest answer. Null when the price is not known. */
  leastUsd(row: Row): number | null {
    const { price } = row.endpoint;
    if (!price) return null;
    const input = this.inputTokens(row.model.id);
    const { fixed, outputRate } = this.#chargeAtMost(input, price, row);
    const output = LEAST_OUTPUT * this.#situation.request.answers;
    return ((fixed + (output * outputRate) / PER_MILLION) * this.factor(row)) / NANO_PER_USD;
  }

  /** Milliseconds to the first token; null when it is not known. */
  ttftMs({ endpoint }: Row): number | null {
    return this.#situation.health.endpoint(endpoint.id)?.ttft?.p50 ?? null;
  }

  tokensPerSecond({ endpoint }: Row): number | null {
    return this.#situation.health.endpoint(endpoint.id)?.throughput?.p50 ?? null;
  }

  accuracy({ model, prior }: Row): Accuracy | null {
    return accuracyOf(model.id, prior, this.#situation.caller.scores);
  }

  /** With the parameters of `costUsd`. */
  estimate(row: Row, state: SessionState | null, most: number): Estimate {
    return {
      inputTokens: this.inputTokens(row.model.id),
      outputTokens: this.outputTokens(row, most),
      costUsd: this.costUsd(row, state, most),
      ttftMs: this.ttftMs(row),
      tokensPerSecond: this.tokensPerSecond(row),
      accuracy: this.accuracy(row),
    };
  }

  /** What the caller pays of a provider's price. */
  factor({ model, provider, endpoint }: Row): number {
    const { pricing, paidBy } = this.#situation.caller;
    const key = pricing.models.length === 0 ? provider.id : endpoint.id;
    let factor = this.#factors.get(key);
    if (factor === undefined) {
      factor =
        paidBy(provider) === 'workspace'
          ? // The provider's price, which the workspace pays itself, and the gateway's fee.
            1 + (pricing.byok_percent ?? 0) / 100
          : 1 + marginFor(pricing, model.id, 'operator') / 100;
      this.#factors.set(key, factor);
    }
    return factor;
  }

  #chargeAtMost(input: number, price: Price, row: Row): ReturnType<typeof chargeAtMost> {
    return chargeAtMost(input, price, DEFAULT_PRICING, row.model.id, 'operator', this.#units(row));
  }

  /** What is asked for beside tokens; the most of calls of a provider's tools, where it has a price for any. */
  #units(row: Row): AskedUnits {
    const { units, calls } = this.#situation.request;
    const tools = row.endpoint.price?.tools ? calls?.(row) : undefined;
    return tools ? { ...units, tools } : units;
  }

  /** Tokens per byte; null where they are not known, or where attachments make bytes say little of tokens. */
  #ratio(modelId: string): number | null {
    if (modelId === this.#model) return this.#modelRatio;
    const { needs } = this.#situation.request;
    const attached = needs.images || needs.audio || needs.files;
    this.#modelRatio = attached ? null : (this.#situation.health.model(modelId)?.tokensPerByte ?? null);
    this.#model = modelId;
    return this.#modelRatio;
  }
}
