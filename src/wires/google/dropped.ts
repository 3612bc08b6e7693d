/** Names of request fields that could not be sent, each once, in the order they were met. */
export class Dropped {
  readonly #names = new Set<string>();

  add(name: string): void {
    this.#names.add(name);
  }

  list(): string[] {
    return [...this.#names];
  }
}
