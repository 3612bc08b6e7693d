import type { NativeRequest } from '../../../native.ts';
import { promptsOf } from '../prompt.ts';

/** The prompt in front of one text, which is nothing that the model says. */
export class Echo {
  #prompt: string;
  /** Characters of the prompt that have come. */
  #come = 0;

  /** @param index of the text: each prompt has as many as `n`, one after the other. */
  constructor(request: NativeRequest | undefined, index: number) {
    this.#prompt = request?.body.echo === true ? promptOf(request, index) : '';
  }

  /** What of the next piece of the text is not the prompt. Not every host gives it back. */
  take(piece: string): string {
    const expected = this.#prompt.slice(this.#come);
    if (expected === '') return piece;
    if (piece.startsWith(expected)) {
      this.#come = this.#prompt.length;
      return piece.slice(expected.length);
    }
    if (expected.startsWith(piece)) {
      this.#come += piece.length;
      return '';
    }
    const begun = this.#prompt.slice(0, this.#come);
    this.#prompt = '';
    return begun + piece;
  }
}

/** '' for tokens: what text they are only their model knows. */
function promptOf({ body }: NativeRequest, index: number): string {
  const answers = typeof body.n === 'number' ? body.n : 1;
  const prompt = promptsOf(body.prompt)?.[Math.floor(index / answers)];
  return typeof prompt === 'string' ? prompt : '';
}
