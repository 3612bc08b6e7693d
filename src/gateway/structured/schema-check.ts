import {
  dereference,
  type Schema,
  type SchemaDraft,
  schemaArrayKeyword,
  schemaKeyword,
  schemaMapKeyword,
  validate,
} from '@cfworker/json-schema';
import { asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { Steps } from '../../lib/linear-pattern/match.ts';
import { innerAddresses, type Size, sizeOf } from './measure.ts';
import { StringTests } from './string-tests.ts';
import { UncheckedError } from './unchecked.ts';
import { isWellFormed } from './well-formed.ts';

/** Limits of a schema. OpenAI's are 120,000 characters, 5,000 properties and 10 levels. */
const MAX_SCHEMA_CHARACTERS = 256 * 1024;
const MAX_SCHEMA_VALUES = 20_000;
const MAX_SCHEMA_DEPTH = 100;
/** Each level of addresses within a schema doubles what the validator spends on reading it. */
const MAX_INNER_ADDRESSES = 4;

const MAX_DEPTH = 200;

/** Arrays whose items must all differ are compared pair by pair. */
const MAX_UNIQUE_ITEMS = 500;

/** What one validation may cost, steps of some fifty nanoseconds, and what looking at one place of a schema costs. */
const MAX_STEPS = 2_000_000;
const STEPS_PER_PLACE = 10;
/** So deep the values of a keyword are counted. */
const OWN_DEPTH = 3;

/** Keywords that would decide on an answer, and that the validator does not know. */
const UNKNOWN = ['$dynamicRef', '$recursiveRef', '$recursiveAnchor'] as const;

/** Keywords that look at the names of members, and at characters, more than once. */
const OF_MEMBERS = [
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
  'patternProperties',
] as const;
const OF_CHARACTERS = ['minLength', 'maxLength'] as const;

/** Complaints that only say that there is one further inside. */
const OUTER = new Set(['properties', 'items', 'prefixItems', 'patternProperties', '$ref', 'allOf', 'false']);

/** What is wrong with a value, and where: a JSON pointer that begins with `#`. */
export interface Complaint {
  at: string;
  message: string;
}

/**
 * A JSON schema of a caller's, ready to hold values against. It is read as draft 2020-12 unless its `$schema`
 * says otherwise. Whatever it is, it costs a bounded time: callers share the isolate.
 */
export class SchemaCheck {
  readonly #schema: Schema;
  readonly #draft: SchemaDraft;
  readonly #lookup: Record<string, Schema | boolean>;
  readonly #strings = new StringTests();
  #hasUnique = false;
  #steps: Steps = { left: 0 };
  #size: Size = sizeOf(null, 1);

  /** @throws UncheckedError for a schema that cannot be held against anything. */
  constructor(schema: JsonObject) {
    const { depth, values } = sizeOf(schema, MAX_SCHEMA_DEPTH);
    if (depth > MAX_SCHEMA_DEPTH || values > MAX_SCHEMA_VALUES) throw new UncheckedError('schema_too_large');
    const text = JSON.stringify(schema);
    if (text.length > MAX_SCHEMA_CHARACTERS) throw new UncheckedError('schema_too_large');
    if (innerAddresses(schema) > MAX_INNER_ADDRESSES) throw new UncheckedError('schema_too_large');
    // The validator writes into it.
    this.#schema = JSON.parse(text) as Schema;
    this.#draft = draftOf(schema.$schema);
    try {
      this.#lookup = dereference(this.#schema);
    } catch {
      throw new UncheckedError('schema_invalid');
    }
    if (!isWellFormed(this.#schema, this.#draft, this.#lookup)) throw new UncheckedError('schema_invalid');
    for (const [address, place] of Object.entries(this.#lookup)) {
      if (typeof place === 'boolean') this.#lookup[address] = place ? {} : { not: {} };
    }
    for (const place of new Set<unknown>(Object.values(this.#lookup))) {
      if (isObject(place)) this.#prepare(place);
    }
  }

  /**
   * What is wrong with a value; nothing when it is valid.
   * @param all whether to go on behind the first complaint.
   * @throws UncheckedError
   */
  complaints(value: Json, all = false): Complaint[] {
    const size = sizeOf(value, MAX_DEPTH);
    if (size.depth > MAX_DEPTH) throw new UncheckedError('answer_too_large');
    if (this.#hasUnique && size.items > MAX_UNIQUE_ITEMS) throw new UncheckedError('too_costly');
    this.#size = size;
    this.#steps = { left: MAX_STEPS };
    const { errors } = this.#strings.during(size.names, this.#steps, () => this.#validate(value, !all));
    const inner = errors.filter(({ keyword }) => !OUTER.has(keyword));
    return (inner.length > 0 ? inner : errors).map(({ instanceLocation, error }) => ({
      at: instanceLocation,
      message: this.#strings.complaint(error),
    }));
  }

  /** Whether all its references and patterns are known: then no value but one that costs too much is left unchecked. */
  isKnown(): boolean {
    const isLost = ({ __absolute_ref__: address }: Schema): boolean =>
      address !== undefined && this.#lookup[address] === undefined;
    return (
      !Object.values(this.#lookup).some((place) => typeof place === 'object' && isLost(place)) &&
      this.#strings.areKnown()
    );
  }

  #validate(value: Json, shortCircuit: boolean): ReturnType<typeof validate> {
    try {
      return validate(value, this.#schema, this.#draft, this.#lookup, shortCircuit);
    } catch (thrown) {
      if (thrown instanceof UncheckedError) throw thrown;
      // References that lead back to themselves end in a full stack.
      if (thrown instanceof RangeError) throw new UncheckedError('too_costly');
      const isLost = thrown instanceof Error && thrown.message.startsWith('Unresolved $ref');
      throw new UncheckedError(isLost ? 'unresolved_reference' : 'schema_invalid');
    }
  }

  /** Readies a place of the schema: its strings are tested by us, and each look at it counts. */
  #prepare(node: JsonObject): void {
    if (UNKNOWN.some((name) => node[name] !== undefined)) throw new UncheckedError('unknown_keyword');
    this.#hasUnique ||= node.uniqueItems === true;
    for (const [name, value] of Object.entries(node)) {
      if (schemaKeyword[name] && typeof value === 'boolean') node[name] = this.#counted(value);
      if (schemaArrayKeyword[name] && Array.isArray(value))
        node[name] = value.map((one) => this.#counted(one));
      if (schemaMapKeyword[name] && isObject(value)) {
        for (const [member, one] of Object.entries(value)) value[member] = this.#counted(one);
      }
    }
    this.#strings.rewrite(node);
    this.#count(node);
  }

  /** A schema in place of one that is but true or false, at which looks would not count. */
  #counted(schema: Json | undefined): Json {
    if (typeof schema !== 'boolean') return schema ?? null;
    const node: JsonObject = schema ? {} : { not: {} };
    this.#count(node);
    return node;
  }

  /** Counts looks at a place: at each the validator reads this member, which means nothing in what we let through. */
  #count(node: JsonObject): void {
    const has = (names: readonly string[]): boolean => names.some((name) => node[name] !== undefined);
    const own = [
      node.enum,
      node.const,
      node.required,
      node.properties,
      node.dependentRequired,
    ].reduce<number>(
      (sum, member) => sum + (typeof member === 'object' ? sizeOf(member, OWN_DEPTH).values : 0),
      STEPS_PER_PLACE,
    );
    const membersShift = has(OF_MEMBERS) ? 3 : 6;
    const charactersShift = has(OF_CHARACTERS) ? 6 : 31;
    const look = (): undefined => {
      const { members, characters } = this.#size;
      this.#steps.left -= own + (members >> membersShift) + (characters >> charactersShift);
      if (this.#steps.left < 0) throw new UncheckedError('too_costly');
    };
    Object.defineProperty(node, '$recursiveAnchor', { get: look });
  }
}

/** https://json-schema.org/specification-links */
function draftOf(dialect: Json | undefined): SchemaDraft {
  const uri = asString(dialect) ?? '';
  if (uri.includes('draft-04')) return '4';
  if (uri.includes('draft-06') || uri.includes('draft-07')) return '7';
  return uri.includes('2019-09') ? '2019-09' : '2020-12';
}
