import { eventText } from './native.ts';

/** Events of a stream on their way to the client: held back until the model has said something. */
export class HeldEvents {
  /** Null once it has. */
  #held: string | null = '';

  /** @param says whether the model has said something by it. */
  pass(data: string, event: string | null, says: boolean): string {
    const text = eventText(data, event);
    if (this.#held === null) return text;
    this.#held += text;
    return says ? this.release() : '';
  }

  /** What has been held; from now on nothing is. */
  release(): string {
    const held = this.#held ?? '';
    this.#held = null;
    return held;
  }
}
