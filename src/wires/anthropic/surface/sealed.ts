import {
  asArray,
  asNumber,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../../lib/json.ts';
import { REASONING_FORMAT, redactedDetail, thinkingDetail } from '../reasoning.ts';

/** In front of a signature that is ours: what stands behind it belongs to another kind of model. */
const MARK = 'interline:';

/** Reasoning that has no details: the member of the message that it came in, and returns in. */
export interface PlainReasoning {
  field: 'reasoning' | 'reasoning_content';
}

/**
 * What another kind of model wants back in later turns, as the signature of a thinking block: clients return
 * signatures as they came. A text that is the block's own is not said twice.
 */
export function sealDetails(details: readonly JsonObject[], thinking: string): string {
  return MARK + JSON.stringify({ details: details.map((detail) => withoutText(detail, thinking)) });
}

/** The same for reasoning that is text alone. */
export function sealPlain(plain: PlainReasoning): string {
  return MARK + JSON.stringify(plain);
}

function withoutText(detail: JsonObject, thinking: string): JsonObject {
  const name = textMember(detail);
  if (name === undefined || detail[name] !== thinking) return detail;
  const { [name]: _, ...rest } = detail;
  return rest;
}

/** The member that holds the text of a detail, of the kinds that have one. */
export function textMember(detail: JsonObject): 'text' | 'summary' | undefined {
  if (detail.type === 'reasoning.text') return 'text';
  return detail.type === 'reasoning.summary' ? 'summary' : undefined;
}

/** Reasoning of an assistant message while its blocks are read. */
export class ReasoningReader {
  readonly #details: JsonObject[] = [];
  readonly #plain: Record<PlainReasoning['field'], string> = { reasoning: '', reasoning_content: '' };

  /** A `thinking` block. Its signature says whose it is; without one it is text alone. */
  thinking(block: JsonObject): void {
    const text = asString(block.thinking) ?? '';
    const signature = asString(block.signature) ?? '';
    const sealed = unseal(signature);
    if (sealed) this.#unsealed(sealed, text);
    else if (signature === '') this.#plain.reasoning += text;
    else this.#details.push(thinkingDetail(this.#nextIndex(), text, signature));
  }

  /** A `redacted_thinking` block. */
  redacted(block: JsonObject): void {
    const data = asString(block.data) ?? '';
    const sealed = unseal(data);
    if (sealed) this.#unsealed(sealed, '');
    else this.#details.push(redactedDetail(this.#nextIndex(), data));
  }

  /** The members of the chat message. */
  members(): JsonObject {
    const out: JsonObject = {};
    for (const [field, text] of Object.entries(this.#plain)) if (text !== '') out[field] = text;
    if (this.#details.length > 0) out.reasoning_details = this.#details;
    return out;
  }

  #unsealed(sealed: JsonObject, thinking: string): void {
    if (sealed.field === 'reasoning' || sealed.field === 'reasoning_content') {
      this.#plain[sealed.field] += thinking;
    }
    for (const detail of asArray(sealed.details).filter(isObject)) {
      const name = textMember(detail);
      this.#details.push(name && detail[name] === undefined ? { ...detail, [name]: thinking } : detail);
    }
  }

  /** Blocks are told apart by their index, so no two may have the same. */
  #nextIndex(): number {
    return this.#details.reduce((next, { index }) => Math.max(next, (asNumber(index) ?? -1) + 1), 0);
  }
}

/** Whether a content block is thinking that the gateway has sealed. */
export function isOurs(block: Json): boolean {
  if (!isObject(block)) return false;
  const sealed = block.type === 'thinking' ? block.signature : block.data;
  const thinks = block.type === 'thinking' || block.type === 'redacted_thinking';
  return thinks && typeof sealed === 'string' && sealed.startsWith(MARK);
}

function unseal(signature: string): JsonObject | null {
  if (!signature.startsWith(MARK)) return null;
  const sealed: Json | undefined = parseJson(signature.slice(MARK.length));
  return isObject(sealed) ? sealed : null;
}

/** Whether a detail of an answer is Anthropic's own, whose signature goes to the client as it is. */
export function isNative(detail: JsonObject): boolean {
  return detail.format === REASONING_FORMAT;
}
