import { isObject, type Json, parseJson } from '../../lib/json.ts';
import type { UncheckedReason } from '../../telemetry/receipt.ts';
import { type Complaint, SchemaCheck } from './schema-check.ts';
import { UncheckedError } from './unchecked.ts';
import type { Wanted } from './wanted.ts';

/** What is longer is not checked, characters. */
const LONGEST_ANSWER = 512 * 1024;

/** What was found of one text. */
export type Finding =
  | { kind: 'valid' }
  | { kind: 'invalid'; reason: 'not_json' | 'invalid' }
  | { kind: 'unchecked'; reason: UncheckedReason };

/** Holds texts against what a request wants. The schema is read when the first text is there. */
export class AnswerCheck {
  readonly #wanted: Wanted;
  #schema: SchemaCheck | null = null;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  find(text: string): Finding {
    if (text.length > LONGEST_ANSWER) return { kind: 'unchecked', reason: 'answer_too_large' };
    const value = parseJson(text);
    if (value === undefined) return { kind: 'invalid', reason: 'not_json' };
    try {
      return this.#complaints(value).length === 0
        ? { kind: 'valid' }
        : { kind: 'invalid', reason: 'invalid' };
    } catch (thrown) {
      if (thrown instanceof UncheckedError) return { kind: 'unchecked', reason: thrown.reason };
      throw thrown;
    }
  }

  /** Whether what is wanted can be held against answers, as far as the schema alone tells. */
  isPossible(): boolean {
    const { schema } = this.#wanted;
    if (schema === null) return true;
    try {
      this.#schema ??= new SchemaCheck(schema);
      return this.#schema.isKnown();
    } catch (thrown) {
      if (thrown instanceof UncheckedError) return false;
      throw thrown;
    }
  }

  /** What there is to complain of in a text that is not valid. */
  complaints(text: string): Complaint[] {
    const value = parseJson(text);
    if (value === undefined) return [{ at: '#', message: 'The answer is not JSON.' }];
    try {
      return this.#complaints(value, true);
    } catch (thrown) {
      if (thrown instanceof UncheckedError) return [];
      throw thrown;
    }
  }

  /** @throws UncheckedError */
  #complaints(value: Json, all = false): Complaint[] {
    const { schema } = this.#wanted;
    if (schema === null)
      return isObject(value) ? [] : [{ at: '#', message: 'The answer is no JSON object.' }];
    this.#schema ??= new SchemaCheck(schema);
    return this.#schema.complaints(value, all);
  }
}

const FENCE = '```';

/**
 * The JSON that a text holds beside words about it: what a block of code has in it, or what stands between its
 * first and its last bracket. Null where there is none, or where it is all of the text. Whether it is JSON is for
 * others to find.
 */
export function unwrapped(text: string): string | null {
  const [open, close] = [text.indexOf(FENCE), text.lastIndexOf(FENCE)];
  if (close > open) {
    const block = text.slice(open + FENCE.length, close);
    const line = block.indexOf('\n');
    // What stands behind the first fence is the name of a language.
    return (/^[\w-]*\s*$/.test(block.slice(0, line)) ? block.slice(line + 1) : block).trim();
  }
  const from = text.search(/[{[]/);
  if (from < 0) return null;
  const to = text.lastIndexOf(text[from] === '{' ? '}' : ']') + 1;
  const inner = text.slice(from, to);
  return to <= from || inner === text.trim() ? null : inner;
}
