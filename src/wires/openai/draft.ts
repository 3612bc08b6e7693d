import { memberText } from '../../lib/json-members.ts';
import type { WireRequest } from '../types.ts';

/** What of a request is changed. */
type Changed = Pick<WireRequest, 'bytes' | 'members' | 'extensions'>;

/** The changes to a request's members, as JSON text, so that values keep their spelling wherever they go. */
export class Draft {
  /** Members to set. */
  readonly texts = new Map<string, string>();
  readonly removed: Set<string>;
  /** What cannot be sent, by the names under which the caller sent it. */
  readonly dropped: string[] = [];
  readonly #request: Changed;
  readonly #origins = new Map<string, string>();

  constructor(request: Changed) {
    this.#request = request;
    this.removed = new Set(request.extensions);
  }

  /** The member as it would be sent; undefined when it is absent or null. */
  text(name: string): string | undefined {
    const set = this.texts.get(name);
    if (set !== undefined) return set;
    if (this.removed.has(name)) return undefined;
    const member = this.#request.members.findLast((sent) => sent.name === name);
    const text = member && memberText(this.#request.bytes, member);
    return text === 'null' ? undefined : text;
  }

  /** @param origin the name under which the caller sent it, where that is another. */
  set(name: string, text: string, origin: string = name): void {
    this.texts.set(name, text);
    this.#origins.set(name, origin);
  }

  /** The member's text, as `text` gives it; it will not be sent. */
  take(name: string): string | undefined {
    const text = this.text(name);
    this.texts.delete(name);
    this.removed.add(name);
    return text;
  }

  /** The name under which the caller sent what stands, or stood, under this one. */
  origin(name: string): string {
    return this.#origins.get(name) ?? name;
  }
}
