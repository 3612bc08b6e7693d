import type { JsonObject } from '../../lib/json.ts';
import type { FinishReason } from '../types.ts';

/**
 * Writes chunks of one stream as server-sent events. All but the delta is the same in every chunk, so it
 * is put into text once.
 */
export class ChunkWriter {
  readonly #prefix: string;

  constructor(id: string, created: number, model: string) {
    this.#prefix = `data: {"id":${JSON.stringify(id)},"object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(model)},"choices":[{"index":0,"delta":`;
  }

  /** @param delta the delta as JSON text. */
  chunk(delta: string): string {
    return `${this.#prefix}${delta},"finish_reason":null}]}\n\n`;
  }

  last(delta: JsonObject, finishReason: FinishReason): string {
    return `${this.#prefix}${JSON.stringify(delta)},"finish_reason":"${finishReason}"}]}\n\n`;
  }
}
