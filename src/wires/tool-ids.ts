/**
 * Ids of tool calls within one request, for an API that takes only letters, digits, _ and - in them: an id that
 * another provider made (`functions.add:0`) is rewritten, the same way for the call and for its result.
 */
export class ToolIds {
  readonly #longest: number;
  readonly #sent = new Map<string, string>();
  readonly #taken = new Set<string>();
  /** Calls of the legacy kind that have no id, by function, oldest first. */
  readonly #unanswered = new Map<string, string[]>();
  #made = 0;

  /** @param longest characters that an id may have. */
  constructor(longest = Number.POSITIVE_INFINITY) {
    this.#longest = longest;
  }

  of(id: string): string {
    const known = this.#sent.get(id);
    if (known !== undefined) return known;
    const base = id.replace(/[^a-zA-Z0-9_-]/g, '_') || 'call';
    let free = base.slice(0, this.#longest);
    for (let n = 2; this.#taken.has(free); n++)
      free = `${base.slice(0, this.#longest - `_${n}`.length)}_${n}`;
    this.#taken.add(free);
    this.#sent.set(id, free);
    return free;
  }

  /** The id of a new `function_call`. */
  call(name: string): string {
    const id = this.of(`function_call:${this.#made++}`);
    this.#unanswered.set(name, [...(this.#unanswered.get(name) ?? []), id]);
    return id;
  }

  /** The id of the oldest call of this function that has no answer yet. */
  answer(name: string): string {
    return this.#unanswered.get(name)?.shift() ?? this.call(name);
  }
}
