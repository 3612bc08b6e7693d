import type { ErrorEnvelope } from '../../../errors.ts';
import { asArray, asObject, type JsonObject } from '../../../lib/json.ts';
import { type Progress, saidLast } from '../../native.ts';
import type { SurfaceLabels, SurfaceStream } from '../../surfaces.ts';
import { emptyMessage } from './answer.ts';
import { Blocks } from './blocks.ts';
import { messagesError } from './error.ts';
import { type Ending, newEnding, readEnding, refusalText, stopOf } from './stop.ts';
import { messagesUsage, NO_USAGE } from './usage.ts';

/**
 * Writes the events of a streamed message
 * (https://platform.claude.com/docs/en/build-with-claude/streaming#event-types). The input is counted when the answer
 * is whole, so `message_start` says 0 and `message_delta` all counts.
 */
export class MessageStream implements SurfaceStream {
  readonly #labels: SurfaceLabels;
  readonly #sequences: readonly string[];
  readonly #blocks: Blocks;
  readonly #ending: Ending = newEnding();
  #started = false;
  #out = '';

  constructor(labels: SurfaceLabels, sequences: readonly string[]) {
    this.#labels = labels;
    this.#sequences = sequences;
    this.#blocks = new Blocks((event) => this.#event(event), labels.id);
  }

  push(chunk: JsonObject): string {
    this.#start();
    const choice = asObject(asArray(chunk.choices)[0]);
    if (choice) {
      const delta = asObject(choice.delta) ?? {};
      readEnding(this.#ending, choice, delta, this.#sequences);
      this.#blocks.take(delta);
    }
    return this.#written();
  }

  end(chunk: JsonObject): string {
    this.#start();
    this.#blocks.text(refusalText(this.#ending));
    this.#blocks.finish();
    this.#event({
      type: 'message_delta',
      delta: stopOf(this.#ending),
      usage: messagesUsage(chunk.usage),
      ...saidLast(chunk),
    });
    this.#event({ type: 'message_stop' });
    return this.#written();
  }

  fail(error: ErrorEnvelope['error']): string {
    this.#event(messagesError(error));
    return this.#written();
  }

  ping(): string {
    this.#event({ type: 'ping' });
    return this.#written();
  }

  adopt(progress: Progress): void {
    if (progress.format !== 'messages') return;
    this.#started = true;
    this.#blocks.adopt(progress);
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#event({ type: 'message_start', message: emptyMessage(this.#labels, NO_USAGE) });
  }

  #event(event: JsonObject): void {
    this.#out += `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
  }

  #written(): string {
    const out = this.#out;
    this.#out = '';
    return out;
  }
}
