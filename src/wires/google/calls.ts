/** A call of a function in the history. */
export interface Call {
  /** Empty when it has none (OpenAI's older `function_call`). */
  id: string;
  name: string;
  answered: boolean;
  /** Position among all calls of the history. */
  order: number;
}

/** The calls of a conversation, to find which one a result answers. */
export class Calls {
  readonly #calls: Call[] = [];

  add(id: string, name: string): void {
    this.#calls.push({ id, name, answered: false, order: this.#calls.length });
  }

  /**
   * The call that a result belongs to: the one of that id, else the oldest open one of that name. An id
   * that is used twice goes to its calls in turn.
   */
  answer(id: string, name: string): Call | undefined {
    const call = id !== '' ? this.#byId(id) : this.#open((entry) => name === '' || entry.name === name);
    if (call) call.answered = true;
    return call;
  }

  #byId(id: string): Call | undefined {
    return this.#open((call) => call.id === id) ?? this.#calls.findLast((call) => call.id === id);
  }

  #open(matches: (call: Call) => boolean): Call | undefined {
    return this.#calls.find((call) => !call.answered && matches(call));
  }
}
