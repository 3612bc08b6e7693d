import { Ewma, type StoredEwma } from './ewma.ts';
import type { Observation } from './types.ts';

/** How a model cuts text into tokens does not change; what is asked of it does. */
const HALF_LIFE_MS = 10 * 60_000;

/** Fewer tokens per byte than this tell of attachments or of white space, and nothing of how a model cuts text. */
const LEAST_PER_BYTE = 0.05;

/** What answers of one model add up to. */
export class ModelRecord {
  readonly #tokensPerByte: Ewma;

  constructor(stored?: StoredEwma) {
    this.#tokensPerByte = new Ewma(HALF_LIFE_MS, stored);
  }

  /** Input tokens per byte of the request. */
  get tokensPerByte(): number | null {
    return this.#tokensPerByte.mean;
  }

  add(observation: Observation): void {
    const { at, inputBytes = 0, inputTokens = 0 } = observation;
    if (tellsOfModel(observation)) this.#tokensPerByte.add(inputTokens / inputBytes, at);
  }

  stored(): StoredEwma {
    return this.#tokensPerByte.stored();
  }
}

/** Whether an observation says anything of its model. */
export function tellsOfModel({ inputBytes, inputTokens }: Observation): boolean {
  return inputTokens !== undefined && !!inputBytes && inputTokens / inputBytes >= LEAST_PER_BYTE;
}
