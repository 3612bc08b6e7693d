/** A regular expression, as far as whether it matches depends on it: groups capture nothing, laziness means nothing. */
export type Part =
  | { kind: 'character'; test: (character: string) => boolean }
  | { kind: 'sequence'; parts: Part[] }
  | { kind: 'choice'; options: Part[] }
  | { kind: 'repeat'; part: Part; least: number; most: number }
  | { kind: 'edge'; edge: 'start' | 'end' | 'word' | 'not_word' }
  | { kind: 'ahead'; part: Part; negative: boolean };

/** The expression cannot be matched in linear time, or is none. */
export class PatternError extends Error {}

/** A parsed expression. */
export interface Parsed {
  part: Part;
  /** It is read by code points (the flag `u`), else by UTF-16 units. */
  unicode: boolean;
}

/** Groups deeper than this are not read. */
const MAX_DEPTH = 50;

/**
 * Reads a regular expression of ECMAScript, with the flag `u` where it is valid so, else without flags.
 * @throws PatternError for one that is not valid, and for back references, look-behinds and inline modifiers.
 */
export function parsePattern(source: string): Parsed {
  const unicode = isValid(source, 'u');
  if (!unicode && !isValid(source, '')) throw new PatternError('not a regular expression');
  const reader = new Reader(source, unicode ? 'u' : '');
  return { part: reader.disjunction(0), unicode };
}

function isValid(source: string, flags: string): boolean {
  try {
    new RegExp(source, flags);
    return true;
  } catch {
    return false;
  }
}

/** Reads a source that RegExp takes: what it need not check, it does not. */
class Reader {
  readonly #source: string;
  readonly #flags: string;
  #at = 0;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#flags = flags;
  }

  disjunction(depth: number): Part {
    if (depth > MAX_DEPTH) throw new PatternError('nested too deeply');
    const options = [this.#alternative(depth)];
    while (this.#takes('|')) options.push(this.#alternative(depth));
    const [only, ...others] = options;
    return only && others.length === 0 ? only : { kind: 'choice', options };
  }

  #alternative(depth: number): Part {
    const parts: Part[] = [];
    while (this.#at < this.#source.length && !this.#sees('|') && !this.#sees(')')) {
      parts.push(this.#quantified(this.#term(depth)));
    }
    return { kind: 'sequence', parts };
  }

  #term(depth: number): Part {
    if (this.#takes('^')) return { kind: 'edge', edge: 'start' };
    if (this.#takes('$')) return { kind: 'edge', edge: 'end' };
    if (this.#takes('(')) return this.#group(depth);
    if (this.#takes('.')) return this.#native('.');
    if (this.#sees('[')) return this.#native(this.#class());
    if (this.#sees('\\')) return this.#escape();
    return literal(this.#next());
  }

  #group(depth: number): Part {
    let wrap = (part: Part): Part => part;
    if (this.#takes('?=')) wrap = (part) => ({ kind: 'ahead', part, negative: false });
    else if (this.#takes('?!')) wrap = (part) => ({ kind: 'ahead', part, negative: true });
    else if (this.#sees('?<=') || this.#sees('?<!')) throw new PatternError('looks behind');
    else if (this.#takes('?<')) this.#at = this.#source.indexOf('>', this.#at) + 1;
    else if (this.#sees('?') && !this.#takes('?:')) throw new PatternError('has modifiers');
    const part = this.disjunction(depth + 1);
    this.#at++;
    return wrap(part);
  }

  #class(): string {
    const from = this.#at;
    for (this.#at++; !this.#sees(']'); this.#at++) if (this.#sees('\\')) this.#at++;
    this.#at++;
    return this.#source.slice(from, this.#at);
  }

  #escape(): Part {
    const rest = this.#source.slice(this.#at);
    if (this.#takes('\\b')) return { kind: 'edge', edge: 'word' };
    if (this.#takes('\\B')) return { kind: 'edge', edge: 'not_word' };
    if (/^\\([1-9]|0\d|k<)/.test(rest)) throw new PatternError('refers back');
    const [text = ''] = (this.#flags === 'u' ? UNICODE_ESCAPE.exec(rest) : null) ??
      ESCAPE.exec(rest) ?? ['\\'];
    this.#at += text.length;
    return this.#native(text);
  }

  #quantified(part: Part): Part {
    const [text, symbol, low = '0', comma, high] = QUANTIFIER.exec(this.#source.slice(this.#at)) ?? [];
    if (text === undefined) return part;
    this.#at += text.length;
    if (symbol === '*') return { kind: 'repeat', part, least: 0, most: Infinity };
    if (symbol === '+') return { kind: 'repeat', part, least: 1, most: Infinity };
    if (symbol === '?') return { kind: 'repeat', part, least: 0, most: 1 };
    const least = Number(low);
    const most = comma === undefined ? least : high === '' || high === undefined ? Infinity : Number(high);
    return { kind: 'repeat', part, least, most };
  }

  /** What one character may be, in the words of the expression itself. */
  #native(text: string): Part {
    const expression = new RegExp(`^${text}$`, this.#flags);
    return { kind: 'character', test: (character) => expression.test(character) };
  }

  #next(): string {
    const point = this.#source.codePointAt(this.#at) ?? 0;
    const character = this.#flags === 'u' ? String.fromCodePoint(point) : this.#source.charAt(this.#at);
    this.#at += character.length;
    return character;
  }

  #sees(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #takes(text: string): boolean {
    if (!this.#sees(text)) return false;
    this.#at += text.length;
    return true;
  }
}

const QUANTIFIER = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/;
const UNICODE_ESCAPE =
  /^\\(?:u\{[0-9a-f]+\}|u[dD][89abAB][0-9a-f]{2}\\u[dD][c-fC-F][0-9a-f]{2}|[pP]\{[^}]*\})/i;
const ESCAPE = /^\\(?:u[0-9a-f]{4}|x[0-9a-f]{2}|c[a-z]|[\s\S])/i;

function literal(character: string): Part {
  return { kind: 'character', test: (given) => given === character };
}
