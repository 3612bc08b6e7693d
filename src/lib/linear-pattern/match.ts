import { type Parsed, type Part, PatternError, parsePattern } from './parse.ts';

/** What matching may still cost; several share one. A step is a few dozen nanoseconds. */
export interface Steps {
  left: number;
}

/** There are no steps left. */
export class TooCostlyError extends Error {}

/** One instruction; numbers are places in the program. */
type Instruction =
  | { op: 'character'; test: (character: string) => boolean; next: number }
  | { op: 'fork'; next: number[] }
  | { op: 'edge'; edge: Extract<Part, { kind: 'edge' }>['edge']; next: number }
  | { op: 'ahead'; start: number; negative: boolean; next: number }
  | { op: 'end' };

/** Counted repetitions are written out. */
const MAX_INSTRUCTIONS = 5_000;

/**
 * A regular expression of ECMAScript that says whether a text has a match, in time that grows with the text's
 * length and no faster: each pair of a place in the expression and a place in the text is visited once, where
 * RegExp may try exponentially many ways. Back references and look-behinds are not known.
 */
export class LinearPattern {
  readonly #program: Instruction[] = [];
  readonly #start: number;
  readonly #unicode: boolean;
  /** Parts written, those that are empty too. */
  #written = 0;

  /** @throws PatternError for an expression that is none, is not known or is too long. */
  constructor(source: string) {
    const { part, unicode }: Parsed = parsePattern(source);
    this.#unicode = unicode;
    this.#start = this.#write(part, this.#add({ op: 'end' }));
  }

  /** @throws TooCostlyError */
  test(text: string, steps: Steps): boolean {
    spend(steps, text.length);
    const characters = this.#unicode ? [...text] : text.split('');
    return this.#search(characters, this.#start, 0, characters.length, steps);
  }

  /** Whether there is a match that begins between two places of the text. */
  #search(text: readonly string[], start: number, from: number, to: number, steps: Steps): boolean {
    const width = text.length + 1;
    const words = Math.ceil((this.#program.length * width) / 32);
    spend(steps, words);
    const seen = new Uint32Array(words);
    const open: number[] = [];
    const visit = (place: number, at: number): void => {
      const state = place * width + at;
      const bit = 1 << (state & 31);
      const word = seen[state >>> 5] ?? 0;
      if (word & bit) return;
      seen[state >>> 5] = word | bit;
      open.push(state);
    };
    for (let first = from; first <= to; first++) {
      visit(start, first);
      for (let state = open.pop(); state !== undefined; state = open.pop()) {
        spend(steps, 1);
        const at = state % width;
        const instruction = this.#program[(state - at) / width];
        if (!instruction || instruction.op === 'end') return true;
        if (instruction.op === 'fork') {
          for (const next of instruction.next) visit(next, at);
        } else if (instruction.op === 'character') {
          const character = text[at];
          if (character !== undefined && instruction.test(character)) visit(instruction.next, at + 1);
        } else if (instruction.op === 'edge') {
          if (isAtEdge(instruction.edge, text, at)) visit(instruction.next, at);
        } else if (this.#search(text, instruction.start, at, at, steps) !== instruction.negative) {
          visit(instruction.next, at);
        }
      }
    }
    return false;
  }

  /** Writes what goes on at `next` once the part is matched. @returns where the part begins. */
  #write(part: Part, next: number): number {
    if (++this.#written > MAX_INSTRUCTIONS) throw new PatternError('too long');
    switch (part.kind) {
      case 'character':
        return this.#add({ op: 'character', test: part.test, next });
      case 'sequence':
        return part.parts.reduceRight((after, one) => this.#write(one, after), next);
      case 'choice':
        return this.#add({ op: 'fork', next: part.options.map((option) => this.#write(option, next)) });
      case 'edge':
        return this.#add({ op: 'edge', edge: part.edge, next });
      case 'ahead': {
        const start = this.#write(part.part, this.#add({ op: 'end' }));
        return this.#add({ op: 'ahead', start, negative: part.negative, next });
      }
      case 'repeat':
        return this.#writeRepeat(part, next);
    }
  }

  #writeRepeat({ part, least, most }: Extract<Part, { kind: 'repeat' }>, next: number): number {
    let start = next;
    if (most === Infinity) {
      const fork: Instruction = { op: 'fork', next: [next] };
      start = this.#add(fork);
      fork.next.push(this.#write(part, start));
    } else {
      for (let count = least; count < most; count++) {
        start = this.#add({ op: 'fork', next: [next, this.#write(part, start)] });
      }
    }
    for (let count = 0; count < least; count++) start = this.#write(part, start);
    return start;
  }

  #add(instruction: Instruction): number {
    return this.#program.push(instruction) - 1;
  }
}

function spend(steps: Steps, count: number): void {
  steps.left -= count;
  if (steps.left < 0) throw new TooCostlyError();
}

function isAtEdge(
  edge: Extract<Part, { kind: 'edge' }>['edge'],
  text: readonly string[],
  at: number,
): boolean {
  switch (edge) {
    case 'start':
      return at === 0;
    case 'end':
      return at === text.length;
    case 'word':
      return isWord(text[at - 1]) !== isWord(text[at]);
    case 'not_word':
      return isWord(text[at - 1]) === isWord(text[at]);
  }
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /^\w$/.test(character);
}
