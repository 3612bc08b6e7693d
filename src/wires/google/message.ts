import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { joinBase64 } from './media.ts';

/** How long OpenAI keeps audio answers; ours are kept nowhere, so the time is a formality of its shape. */
const AUDIO_LIFETIME_S = 3600;

/** Puts the deltas of one choice together to a whole message. */
export class Message {
  #content = '';
  #reasoning = '';
  #refusal: string | null = null;
  #audioId = '';
  readonly #audio: string[] = [];
  readonly #details: JsonObject[] = [];
  readonly #calls: JsonObject[] = [];
  readonly #images: Json[] = [];
  readonly #annotations: Json[] = [];
  readonly #parts: Json[] = [];
  #functionCall: JsonObject | null = null;
  #providerData: JsonObject = {};

  add(delta: JsonObject): void {
    this.#content += asString(delta.content) ?? '';
    this.#reasoning += asString(delta.reasoning) ?? '';
    this.#refusal ??= asString(delta.refusal) ?? null;
    this.#functionCall ??= asObject(delta.function_call) ?? null;
    for (const detail of asArray(delta.reasoning_details)) this.#addDetail(detail);
    // A whole message has its calls in order and without the index.
    for (const entry of asArray(delta.tool_calls)) {
      const { index: _, ...call } = asObject(entry) ?? {};
      this.#calls.push(call);
    }
    this.#images.push(...asArray(delta.images));
    this.#annotations.push(...asArray(delta.annotations));
    const audio = asObject(delta.audio);
    if (audio) {
      this.#audioId = asString(audio.id) ?? '';
      this.#audio.push(asString(audio.data) ?? '');
    }
    const { parts, ...rest } = asObject(asObject(delta.provider_data)?.google) ?? {};
    this.#parts.push(...asArray(parts));
    Object.assign(this.#providerData, rest);
  }

  /** Pieces of one thought become one. */
  #addDetail(value: Json): void {
    const detail = asObject(value);
    if (!detail) return;
    const last = this.#details.at(-1);
    if (last?.type === 'reasoning.text' && last.index === detail.index) {
      last.text = `${asString(last.text)}${asString(detail.text) ?? ''}`;
    } else {
      this.#details.push(detail);
    }
  }

  /** @param created Unix seconds. */
  json(created: number): JsonObject {
    const empty = this.#content === '';
    const silent = this.#calls.length > 0 || this.#functionCall || this.#refusal !== null || this.#audioId;
    const message: JsonObject = {
      role: 'assistant',
      content: empty && silent ? null : this.#content,
      refusal: this.#refusal,
    };
    if (this.#reasoning !== '') message.reasoning = this.#reasoning;
    if (this.#details.length > 0) message.reasoning_details = this.#details;
    if (this.#calls.length > 0) message.tool_calls = this.#calls;
    if (this.#functionCall) message.function_call = this.#functionCall;
    if (this.#images.length > 0) message.images = this.#images;
    if (this.#annotations.length > 0) message.annotations = this.#annotations;
    if (this.#audio.length > 0) {
      message.audio = {
        id: this.#audioId,
        data: joinBase64(this.#audio),
        expires_at: created + AUDIO_LIFETIME_S,
        transcript: '',
      };
    }
    if (this.#parts.length > 0) this.#providerData = { ...this.#providerData, parts: this.#parts };
    if (isObject(this.#providerData) && Object.keys(this.#providerData).length > 0) {
      message.provider_data = { google: this.#providerData };
    }
    return message;
  }
}
