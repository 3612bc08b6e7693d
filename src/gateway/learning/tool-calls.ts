import { asArray, asNumber, asObject, asString, isObject, type Json, parseJson } from '../../lib/json.ts';

/** Whether the arguments of all tool calls of an answer are JSON; null without tool calls. */
export type ToolCallVerdict = 'valid' | 'invalid' | null;

/** The verdict on a whole answer. @param text a `chat.completion`. */
export function toolCallsOf(text: string): ToolCallVerdict {
  if (!text.includes('"tool_calls"')) return null;
  const calls = asArray(asObject(parseJson(text))?.choices).flatMap((choice) =>
    asArray(asObject(asObject(choice)?.message)?.tool_calls),
  );
  return verdictOn(calls.map(argumentsOf));
}

/** The same of a stream: what its chunks say of tool calls, put together. */
export class StreamedToolCalls {
  /** By choice and index. */
  readonly #written = new Map<string, string>();

  /** @param sse whole events of chunks. */
  push(sse: string): void {
    for (const event of sse.split('\n\n')) {
      if (!event.includes('"tool_calls"')) continue;
      const chunk = asObject(parseJson(event.slice('data: '.length)));
      for (const choice of asArray(chunk?.choices)) {
        if (isObject(choice)) this.#take(asNumber(choice.index) ?? 0, asObject(choice.delta)?.tool_calls);
      }
    }
  }

  get verdict(): ToolCallVerdict {
    return verdictOn([...this.#written.values()]);
  }

  #take(choice: number, pieces: Json | undefined): void {
    for (const piece of asArray(pieces)) {
      const name = `${choice}/${asNumber(asObject(piece)?.index) ?? 0}`;
      this.#written.set(name, (this.#written.get(name) ?? '') + (argumentsOf(piece) ?? ''));
    }
  }
}

function argumentsOf(call: Json): string | undefined {
  return asString(asObject(asObject(call)?.function)?.arguments);
}

/** The verdict on the arguments of calls. */
export function verdictOn(written: readonly (string | undefined)[]): ToolCallVerdict {
  if (written.length === 0) return null;
  const valid = written.every(
    (text) => text !== undefined && parseJson(text === '' ? '{}' : text) !== undefined,
  );
  return valid ? 'valid' : 'invalid';
}
