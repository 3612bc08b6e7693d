import { format as table } from '@cfworker/json-schema';
import { asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { LinearPattern, type Steps, TooCostlyError } from '../../lib/linear-pattern/match.ts';
import { PatternError } from '../../lib/linear-pattern/parse.ts';
import { formatTest } from './formats.ts';
import { UncheckedError } from './unchecked.ts';

/** Of so many different names patterns of properties are tried. */
const MOST_NAMES = 1_000;

/** How one place of a schema tests strings. */
interface StringTest {
  test: (text: string) => boolean;
  /** What is wrong with a string that fails it. */
  complaint: string;
}

/**
 * The patterns and formats of a schema, taken out of the validator's hands: it would give patterns to RegExp,
 * which a pattern can keep busy for ever, and so do some of its formats. What it looks up by the name of a
 * format, it finds here; what it needs to know of names of members, it is told.
 */
export class StringTests {
  readonly #tests: StringTest[] = [];
  readonly #patterns = new Map<string, LinearPattern>();
  /** All patterns of the schema, of strings and of names. */
  readonly #sources = new Set<string>();
  #steps: Steps = { left: 0 };
  #names: ReadonlySet<string> = new Set();
  /** By what a schema says, what it comes to for the names of this value. */
  readonly #chosen = new Map<JsonObject, JsonObject>();

  /** Rewrites the keywords of one place of a schema that concern strings. */
  rewrite(node: JsonObject): void {
    const { pattern, format, patternProperties: properties } = node;
    const name = asString(format);
    const ofFormat = name === undefined ? null : formatTest(name);
    delete node.format;
    if (typeof pattern === 'string') {
      delete node.pattern;
      this.#sources.add(pattern);
      const complaint = `String does not match the pattern ${pattern}`;
      const test = (text: string): boolean => this.#matches(pattern, text);
      node.format = this.#keep(
        ofFormat === null
          ? { test, complaint }
          : {
              test: (text) => ofFormat(text) && test(text),
              complaint: `${complaint} and the format ${name}`,
            },
      );
    } else if (ofFormat !== null) {
      node.format = this.#keep({ test: ofFormat, complaint: `String does not match the format ${name}` });
    }
    if (isObject(properties)) {
      for (const source of Object.keys(properties)) this.#sources.add(source);
      const get = (): JsonObject => this.#chosenFor(properties);
      Object.defineProperty(node, 'patternProperties', { get, enumerable: true });
    }
  }

  /** Whether every pattern can be matched. */
  areKnown(): boolean {
    try {
      for (const source of this.#sources) this.#patternOf(source);
      return true;
    } catch (thrown) {
      if (thrown instanceof UncheckedError) return false;
      throw thrown;
    }
  }

  /** Lets a validation of one value run. @param names of all its members. */
  during<T>(names: ReadonlySet<string>, steps: Steps, validate: () => T): T {
    this.#steps = steps;
    this.#names = names;
    this.#chosen.clear();
    for (const [place, { test }] of this.#tests.entries()) table[nameOf(place)] = test;
    try {
      return validate();
    } finally {
      for (const place of this.#tests.keys()) delete table[nameOf(place)];
    }
  }

  /** What the validator says of a string, in words that do not name our table. */
  complaint(error: string): string {
    const place = /^String does not match format "~(\d+)"/.exec(error)?.[1];
    return this.#tests[Number(place ?? -1)]?.complaint ?? error;
  }

  #keep(test: StringTest): string {
    return nameOf(this.#tests.push(test) - 1);
  }

  /** @throws UncheckedError */
  #matches(source: string, text: string): boolean {
    try {
      return this.#patternOf(source).test(text, this.#steps);
    } catch (thrown) {
      throw thrown instanceof TooCostlyError ? new UncheckedError('too_costly') : thrown;
    }
  }

  /** @throws UncheckedError */
  #patternOf(source: string): LinearPattern {
    let pattern = this.#patterns.get(source);
    if (!pattern) {
      try {
        pattern = new LinearPattern(source);
      } catch (thrown) {
        throw thrown instanceof PatternError ? new UncheckedError('pattern') : thrown;
      }
      this.#patterns.set(source, pattern);
    }
    return pattern;
  }

  /** The same properties with patterns that say but which of the value's names are meant. */
  #chosenFor(properties: JsonObject): JsonObject {
    let chosen = this.#chosen.get(properties);
    if (!chosen) {
      if (this.#names.size > MOST_NAMES) throw new UncheckedError('too_costly');
      chosen = {};
      for (const [place, [source, schema]] of Object.entries(properties).entries()) {
        const names = [...this.#names].filter((name) => this.#matches(source, name));
        chosen[exactly(names, place)] = schema as Json;
      }
      this.#chosen.set(properties, chosen);
    }
    return chosen;
  }
}

function nameOf(place: number): string {
  return `~${place}`;
}

/** An expression for these names; the place makes it differ from others for the same. */
function exactly(names: readonly string[], place: number): string {
  const escaped = names.map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return names.length === 0 ? `(?!)(?:){${place}}` : `^(?:${escaped.join('|')})$(?:){${place}}`;
}
