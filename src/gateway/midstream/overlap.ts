import { type ContinueHow, type SentText, splitSent } from './sent.ts';

/** UTF-16 units. Less is too likely to be chance, more was never seen but of whole texts. */
const MIN_OVERLAP = 16;
const MAX_OVERLAP = 400;

/** A whole text that is said again in answer to a prefill. */
const MIN_ECHO = 24;

/** How far back a text is searched for what may be a repetition of its own. */
const SEARCHED_BACK = 4_000;

/**
 * What a continuation may say once more of what was sent before it. Exact: a text is either found again
 * character for character or left as it is.
 */
export class Overlap {
  readonly #sent: string;
  readonly #split: SentText;
  readonly #how: ContinueHow;
  /** The whole text, said again, would be recognised. */
  readonly #knowsWhole: boolean;

  constructor(sent: string, how: ContinueHow) {
    this.#sent = sent;
    this.#split = splitSent(sent, how);
    this.#how = how;
    const { given } = this.#split;
    this.#knowsWhole = given.length >= (how === 'prefill' ? MIN_ECHO : MIN_OVERLAP) && !isPeriodic(given);
  }

  /** Whether more of the continuation could change what `length` says of its beginning. */
  isOpen(beginning: string): boolean {
    const sent = this.#sent;
    const { kept } = this.#split;
    const { length } = beginning;
    if (length < kept.length && kept.startsWith(beginning)) return true;
    if (this.#knowsWhole && length < sent.length && sent.startsWith(beginning)) return true;
    if (this.#how === 'prefill') return false;
    for (let at = this.#earliest; at <= sent.length - MIN_OVERLAP; at++) {
      if (at + length < sent.length && sent.startsWith(beginning, at)) return true;
    }
    return false;
  }

  /** How many characters at the beginning of the continuation the client has already. */
  length(beginning: string): number {
    const { given, kept } = this.#split;
    if (this.#knowsWhole && beginning.startsWith(given)) {
      return given.length + commonLength(kept, beginning.slice(given.length));
    }
    return this.#repeatedEnd(beginning) || commonLength(kept, beginning);
  }

  /** The longest end of the text that the continuation begins with, unless the text itself repeats so. */
  #repeatedEnd(beginning: string): number {
    if (this.#how === 'prefill') return 0;
    const sent = this.#sent;
    for (let at = this.#earliest; at <= sent.length - MIN_OVERLAP; at++) {
      const end = sent.slice(at);
      if (beginning.startsWith(end)) return isElsewhere(end, sent) || isPeriodic(end) ? 0 : end.length;
    }
    return 0;
  }

  get #earliest(): number {
    return Math.max(0, this.#sent.length - MAX_OVERLAP);
  }
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

/** Whether the end of a text also stands before it, be it in part within itself. */
function isElsewhere(end: string, text: string): boolean {
  const searched = text.slice(-SEARCHED_BACK, -1);
  return searched.includes(end);
}

/** Whether a text is one piece twice or more, as lines of dashes are: such a text goes on as it began. */
function isPeriodic(text: string): boolean {
  // The failure function of Knuth, Morris and Pratt: the longest beginning that is also an end.
  const border = new Uint32Array(text.length);
  for (let at = 1, length = 0; at < text.length; at++) {
    while (length > 0 && text[at] !== text[length]) length = border[length - 1] ?? 0;
    if (text[at] === text[length]) length++;
    border[at] = length;
  }
  return 2 * (text.length - (border[text.length - 1] ?? 0)) <= text.length;
}
