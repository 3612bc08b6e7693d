import type { ErrorEnvelope } from '../../../errors.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '../../../lib/json.ts';
import type { Progress } from '../../native.ts';
import type { SurfaceLabels, SurfaceStream } from '../../surfaces.ts';
import { Logprobs } from './logprobs.ts';

/** What an answer says of how it was made, in both formats. */
const SAID_TOO = ['system_fingerprint', 'service_tier'] as const;

/** The reasons that completions know; a text that ended for another has ended. */
export const REASONS: ReadonlySet<string> = new Set(['stop', 'length', 'content_filter']);

/**
 * A chat completion as a completion (https://platform.openai.com/docs/api-reference/completions/object). Usage that
 * is not known is left out, as the description has no null for it.
 * @param echo what every text begins with.
 */
export function wholeCompletion(completion: JsonObject, labels: SurfaceLabels, echo: string): JsonObject {
  const choices = new Choices(echo);
  return {
    ...shellOf(labels, completion),
    choices: asArray(completion.choices)
      .filter(isObject)
      .map((choice) => choices.write(choice, asObject(choice.message) ?? {})),
    ...(isObject(completion.usage) ? { usage: completion.usage } : {}),
  };
}

/**
 * Writes a streamed completion: chunks of the same shape as the whole, whose finish reason is null until the last.
 * The chunk with usage and cost, and that of a stream that broke, are as in chat completions.
 */
export class CompletionStream implements SurfaceStream {
  readonly #labels: SurfaceLabels;
  readonly #choices: Choices;
  /** Who asks for usage gets it in every chunk, null until it is known. */
  readonly #unknown: JsonObject;

  constructor(labels: SurfaceLabels, { echo, includeUsage }: { echo: string; includeUsage: boolean }) {
    this.#labels = labels;
    this.#choices = new Choices(echo);
    this.#unknown = includeUsage ? { usage: null } : {};
  }

  push(chunk: JsonObject): string {
    const choices = this.#write(chunk).filter(saysSomething);
    if (choices.length === 0) return '';
    return event({ ...shellOf(this.#labels, chunk), choices, ...this.#unknown });
  }

  end(chunk: JsonObject): string {
    return lastWords({ ...chunk, ...shellOf(this.#labels, chunk) });
  }

  fail(error: ErrorEnvelope['error']): string {
    const choices = [{ text: '', index: 0, logprobs: null, finish_reason: 'error' }];
    return event({ ...shellOf(this.#labels, {}), choices, error: { ...error } }) + DONE;
  }

  ping(): string {
    return ': ping\n\n';
  }

  adopt(progress: Progress): void {
    if (progress.format === 'completions') this.#choices.adopt(progress.begun);
  }

  #write(chunk: JsonObject): JsonObject[] {
    return asArray(chunk.choices)
      .filter(isObject)
      .map((choice) => this.#choices.write(choice, asObject(choice.delta) ?? {}));
  }
}

/** The chunk that ends a stream, without a word or without a choice, as it was asked for, and `[DONE]`. */
export function lastWords(chunk: JsonObject): string {
  const empty = { text: '', index: 0, logprobs: null, finish_reason: null };
  return event({ ...chunk, choices: asArray(chunk.choices).length > 0 ? [empty] : [] }) + DONE;
}

const DONE = 'data: [DONE]\n\n';

function event(chunk: JsonObject): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

function shellOf({ id, created, model }: SurfaceLabels, said: JsonObject): JsonObject {
  const shell: JsonObject = { id, object: 'text_completion', created, model };
  for (const name of SAID_TOO) if (typeof said[name] === 'string') shell[name] = said[name];
  return shell;
}

/** Writes the choices of one answer, whole or in pieces. */
class Choices {
  readonly #echo: string;
  /** Of the choices that have begun. */
  readonly #logprobs = new Map<number, Logprobs>();

  constructor(echo: string) {
    this.#echo = echo;
  }

  /** These have been begun by another, with what they begin with. */
  adopt(begun: readonly number[]): void {
    for (const index of begun) this.#logprobs.set(index, new Logprobs());
  }

  /** @param said the message or delta of the choice. What is neither its content nor a refusal has no place. */
  write(choice: JsonObject, said: JsonObject): JsonObject {
    const index = asNumber(choice.index) ?? 0;
    const begun = this.#logprobs.get(index);
    const logprobs = begun ?? new Logprobs();
    this.#logprobs.set(index, logprobs);
    const text = (asString(said.content) ?? '') + (asString(said.refusal) ?? '');
    return {
      text: begun ? text : this.#echo + text,
      index,
      logprobs: logprobs.take(choice.logprobs),
      finish_reason: reasonOf(choice),
    };
  }
}

function reasonOf(choice: JsonObject): string | null {
  const reason = asString(choice.finish_reason);
  if (reason === undefined) return null;
  return REASONS.has(reason) ? reason : 'stop';
}

/** False for a piece of a choice in which there is nothing: its role, or what has no place here. */
function saysSomething({ text, logprobs, finish_reason: reason }: JsonObject): boolean {
  return text !== '' || reason !== null || asArray(asObject(logprobs)?.tokens).length > 0;
}
