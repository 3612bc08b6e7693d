import { asObject, asString, type JsonObject } from '../../lib/json.ts';
import type { FinishReason } from '../types.ts';
import { extraContent, type Place, signatureDetail, thoughtDetail } from './signatures.ts';

/** What all choices of one answer share. */
export class Labels {
  /** The caller speaks `functions`, so a call is a `function_call`. */
  readonly legacy: boolean;
  readonly #stem: string;
  #calls = 0;

  /** @param id the generation id, from which ids are made that the provider does not give. */
  constructor(id: string, legacy: boolean) {
    this.#stem = id.replace(/^[a-z]+[_-]/, '');
    this.legacy = legacy;
  }

  nextCallId(): string {
    return `call_${this.#stem}_${this.#calls++}`;
  }

  get audioId(): string {
    return `audio_${this.#stem}`;
  }
}

/** One candidate while it is read: turns its parts into deltas of OpenAI's shape. */
export class Choice {
  readonly index: number;
  /** The content so far. */
  text = '';
  calls = 0;
  images = 0;
  /** Anything has come of it but thoughts. */
  answered = false;
  finish: FinishReason | null = null;
  readonly #labels: Labels;
  /** The next free `index` of a reasoning detail. */
  #details = 0;
  /** Index of the thought that goes on, unless it is signed: signed parts are never joined with others. */
  #thought: number | null = null;

  constructor(index: number, labels: Labels) {
    this.index = index;
    this.#labels = labels;
  }

  /** The delta that a part gives; null for an empty one. */
  part(part: JsonObject): JsonObject | null {
    const signature = asString(part.thoughtSignature) || undefined;
    const text = asString(part.text);
    if (part.thought === true && text !== undefined) return this.#takeThought(text, signature);
    this.#thought = null;
    const call = asObject(part.functionCall);
    if (call) return this.#takeCall(call, part, signature);
    const inline = asObject(part.inlineData);
    const kind = part.thought === true ? '' : (asString(inline?.mimeType)?.split('/', 1)[0] ?? '');
    if (inline && kind === 'image') return this.#takeImage(inline, signature);
    if (inline && kind === 'audio' && signature === undefined) return this.#takeAudio(inline);
    if (text !== undefined || isBare(part)) return this.#takeText(text ?? '', signature);
    return this.#takeOther(part);
  }

  /** Adds text that needs no delta object around it: the caller writes it itself. */
  plain(text: string): void {
    this.#thought = null;
    this.text += text;
    this.answered ||= text !== '';
  }

  #takeThought(text: string, signature: string | undefined): JsonObject | null {
    if (text === '' && signature === undefined) return null;
    const index = signature === undefined && this.#thought !== null ? this.#thought : this.#details++;
    this.#thought = signature === undefined ? index : null;
    return {
      ...(text === '' ? {} : { reasoning: text }),
      reasoning_details: [thoughtDetail(index, text, signature)],
    };
  }

  #takeText(text: string, signature: string | undefined): JsonObject | null {
    const start = this.text.length;
    this.plain(text);
    if (signature === undefined) return text === '' ? null : { content: text };
    const signed = this.#signed(signature, { kind: 'text', start, end: this.text.length });
    return text === '' ? signed : { content: text, ...signed };
  }

  #signed(signature: string, of: string | Place): JsonObject {
    return { reasoning_details: [signatureDetail(this.#details++, signature, of)] };
  }

  #takeCall(call: JsonObject, part: JsonObject, signature: string | undefined): JsonObject {
    this.answered = true;
    const named = { name: asString(call.name) ?? '', arguments: JSON.stringify(call.args ?? {}) };
    // OpenAI's older dialect knows one call in a message.
    if (this.#labels.legacy && this.calls > 0) return this.#takeOther(part);
    const index = this.calls++;
    const id = asString(call.id) || this.#labels.nextCallId();
    const signed = signature === undefined ? {} : this.#signed(signature, id);
    if (this.#labels.legacy) return { function_call: named, ...signed };
    const toolCall: JsonObject = { index, id, type: 'function', function: named };
    if (signature !== undefined) toolCall.extra_content = extraContent(signature);
    return { tool_calls: [toolCall], ...signed };
  }

  #takeImage(inline: JsonObject, signature: string | undefined): JsonObject {
    this.answered = true;
    const index = this.images++;
    const url = `data:${asString(inline.mimeType)};base64,${asString(inline.data) ?? ''}`;
    const image: JsonObject = { type: 'image_url', image_url: { url }, index };
    if (signature === undefined) return { images: [image] };
    image.extra_content = extraContent(signature);
    return { images: [image], ...this.#signed(signature, { kind: 'image', index }) };
  }

  #takeAudio(inline: JsonObject): JsonObject {
    this.answered = true;
    return { audio: { id: this.#labels.audioId, data: asString(inline.data) ?? '' } };
  }

  /**
   * Parts without a place in OpenAI's shape. Code that the provider ran, and what it printed, are shown as
   * blocks of code. The part itself is kept, with the stretch of the content that shows it, so that it can
   * go back as it was.
   */
  #takeOther(part: JsonObject): JsonObject {
    const shown = shownCode(part);
    const start = this.text.length;
    this.plain(shown);
    this.answered = true;
    return {
      ...(shown === '' ? {} : { content: shown }),
      provider_data: { google: { parts: [{ start, end: this.text.length, part }] } },
    };
  }
}

/** Nothing in it but a signature. */
function isBare(part: JsonObject): boolean {
  return Object.keys(part).every((name) => name === 'thoughtSignature' || name === 'thought');
}

/** https://ai.google.dev/gemini-api/docs/code-execution */
function shownCode(part: JsonObject): string {
  const code = asObject(part.executableCode);
  if (code) return fenced(asString(code.code) ?? '', (asString(code.language) ?? '').toLowerCase());
  const result = asObject(part.codeExecutionResult);
  if (!result) return '';
  const outcome = asString(result.outcome) ?? '';
  const failed = outcome === 'OUTCOME_OK' ? '' : `\n${outcome}\n`;
  return failed + fenced(asString(result.output) ?? '', '');
}

function fenced(text: string, language: string): string {
  let fence = '```';
  while (text.includes(fence)) fence += '`';
  return `\n${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}\n`;
}
