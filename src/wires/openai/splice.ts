/**
 * Replaces the id of answers in their text, so that the rest of it stays as the host wrote it. Made for
 * one answer; finds out once how the host spells the member.
 */
export class IdSplice {
  readonly #id: string;
  #needle: string | null = null;
  #replacement = '';
  #upstreamId: string | null = null;

  /** @param id what the id is replaced by. */
  constructor(id: string) {
    this.#id = id;
  }

  /** The text with its id replaced, or undefined when that cannot be done without parsing. */
  apply(text: string, upstreamId: string): string | undefined {
    if (this.#upstreamId !== upstreamId) this.#learn(text, upstreamId);
    const needle = this.#needle;
    if (needle === null) return undefined;
    const at = text.indexOf(needle);
    // A second occurrence may be a tool call's or stand in a text: which one is the answer's is not known.
    if (at < 0 || text.indexOf(needle, at + needle.length) >= 0) return undefined;
    return text.slice(0, at) + this.#replacement + text.slice(at + needle.length);
  }

  #learn(text: string, upstreamId: string): void {
    this.#upstreamId = upstreamId;
    const spelled = JSON.stringify(upstreamId);
    this.#needle = null;
    for (const gap of ['', ' ']) {
      const needle = `"id":${gap}${spelled}`;
      if (!text.includes(needle)) continue;
      this.#needle = needle;
      this.#replacement = `"id":${gap}${JSON.stringify(this.#id)}`;
      return;
    }
  }
}

/** Cuts the null usage out, where it stands as hosts write it; it may also stand first. */
export function withoutNullUsage(text: string): string | undefined {
  for (const member of [',"usage":null', ', "usage": null', '"usage":null,', '"usage": null, ']) {
    const at = text.indexOf(member);
    if (at < 0) continue;
    // A second one may stand inside a text.
    return text.includes(member, at + member.length)
      ? undefined
      : text.slice(0, at) + text.slice(at + member.length);
  }
  return undefined;
}
