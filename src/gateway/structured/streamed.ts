import { asArray, asNumber, asObject, asString, isObject, parseJson } from '../../lib/json.ts';
import type { StreamState } from '../../wires/types.ts';
import type { Choice } from './judge.ts';

/** The choices of a stream that has several: of more than the first its state keeps no text. */
export class StreamedChoices {
  readonly #choices = new Map<number, Choice>();

  /** @param sse whole events of chunks. */
  push(sse: string): void {
    for (const event of sse.split('\n\n')) {
      const chunk = event.startsWith('data: ')
        ? asObject(parseJson(event.slice('data: '.length)))
        : undefined;
      for (const choice of asArray(chunk?.choices)) {
        if (!isObject(choice)) continue;
        const kept = this.#of(asNumber(choice.index) ?? 0);
        const delta = asObject(choice.delta) ?? {};
        kept.text += asString(delta.content) ?? '';
        kept.finish = asString(choice.finish_reason) ?? kept.finish;
        kept.exempt ||=
          asArray(delta.tool_calls).length > 0 ||
          isObject(delta.function_call) ||
          !!asString(delta.refusal) ||
          kept.finish === 'content_filter';
      }
    }
  }

  get all(): Choice[] {
    return [...this.#choices.values()];
  }

  #of(index: number): Choice {
    const known = this.#choices.get(index);
    if (known) return known;
    const choice: Choice = { text: '', finish: null, exempt: false };
    this.#choices.set(index, choice);
    return choice;
  }
}

/** The one choice of a stream. What says something, but no text, and is not cut off, calls tools or refuses. */
export function onlyChoice({
  content,
  finishReason,
  toolCalls,
  otherOutput,
}: Pick<StreamState, 'content' | 'finishReason' | 'toolCalls' | 'otherOutput'>): Choice {
  const isSilent = content === '' && otherOutput && finishReason !== 'length';
  return {
    text: content,
    finish: finishReason,
    exempt: toolCalls || isSilent || finishReason === 'content_filter',
  };
}
