import { asArray, asNumber, asString, isObject, type JsonObject } from '../../../lib/json.ts';
import type { MessagesProgress } from '../../native.ts';
import { Calls, isWhole, type PendingCall } from './calls.ts';
import { citationsOf } from './citations.ts';
import { isNative, type PlainReasoning, sealDetails, sealPlain, textMember } from './sealed.ts';

/** The block that is being written. */
type Open =
  | { kind: 'text' }
  /** Anthropic's own thinking: its signatures go out as they came. */
  | { kind: 'thinking'; index: number | undefined }
  /** Another model's reasoning, with what that model wants back. */
  | { kind: 'reasoning'; text: string; details: JsonObject[]; field: PlainReasoning['field'] }
  | { kind: 'call'; call: PendingCall };

/**
 * Writes what chat deltas say as content blocks of the Messages API, one behind the other: each is started, added
 * to and stopped before the next (https://platform.claude.com/docs/en/build-with-claude/streaming).
 */
export class Blocks {
  readonly #emit: (event: JsonObject) => void;
  readonly #calls: Calls;
  #count = 0;
  #open: Open | null = null;
  /** Details that came while a block was open in which they have no place. */
  #later: JsonObject[] = [];

  /**
   * @param emit takes the events, in order.
   * @param idPrefix for calls that come without an id.
   */
  constructor(emit: (event: JsonObject) => void, idPrefix: string) {
    this.#emit = emit;
    this.#calls = new Calls(idPrefix);
  }

  /** Goes on behind blocks that another has written: text within the last of them, where that is text. */
  adopt({ index, open }: MessagesProgress): void {
    this.#count = index;
    if (open === null) this.#open = null;
    else this.#open = open === 'text' ? { kind: 'text' } : { kind: 'thinking', index: undefined };
  }

  /** Takes a delta of a stream, or the message of a whole answer. */
  take(delta: JsonObject): void {
    this.#reasoning(delta);
    this.text(asString(delta.content) ?? '');
    for (const citation of citationsOf(delta)) this.#cite(citation);
    for (const [position, piece] of asArray(delta.tool_calls).entries()) {
      if (isObject(piece)) this.#call(asNumber(piece.index) ?? position, piece);
    }
  }

  /** Adds to the text of the answer. */
  text(text: string): void {
    if (text === '') return;
    if (this.#open?.kind !== 'text') this.#start({ kind: 'text' }, { type: 'text', text: '' });
    this.#delta({ type: 'text_delta', text });
  }

  /** Nothing more will come: stops what is open, and writes what had to wait. */
  finish(): void {
    this.#stop();
    for (let call = this.#calls.next(true); call; call = this.#calls.next(true)) {
      this.#startCall(call);
      this.#stop();
    }
  }

  #reasoning(delta: JsonObject): void {
    const details = asArray(delta.reasoning_details).filter(isObject);
    const own = details.filter(isNative);
    for (const detail of own) this.#ownDetail(detail);
    if (own.length > 0) {
      for (const detail of details) if (!isNative(detail)) this.#keep(detail);
      return;
    }
    const plain = asString(delta.reasoning_content);
    const text = plain ?? asString(delta.reasoning) ?? details.map(textOf).join('');
    if (text !== '') this.#think(text, plain === undefined ? 'reasoning' : 'reasoning_content');
    for (const detail of details) this.#keep(detail);
  }

  #ownDetail(detail: JsonObject): void {
    if (detail.type === 'reasoning.encrypted') {
      this.#whole({ type: 'redacted_thinking', data: asString(detail.data) ?? '' });
      return;
    }
    const index = asNumber(detail.index);
    if (this.#open?.kind !== 'thinking' || this.#open.index !== index || index === undefined) {
      this.#start({ kind: 'thinking', index }, { type: 'thinking', thinking: '', signature: '' });
    }
    const thinking = asString(detail.text) ?? '';
    const signature = asString(detail.signature) ?? '';
    if (thinking !== '') this.#delta({ type: 'thinking_delta', thinking });
    if (signature !== '') this.#delta({ type: 'signature_delta', signature });
  }

  #think(thinking: string, field: PlainReasoning['field']): void {
    let open = this.#open;
    if (open?.kind !== 'reasoning') {
      open = { kind: 'reasoning', text: '', details: [], field };
      this.#start(open, { type: 'thinking', thinking: '', signature: '' });
    }
    open.text += thinking;
    this.#delta({ type: 'thinking_delta', thinking });
  }

  #keep(detail: JsonObject): void {
    if (this.#open?.kind === 'reasoning') addDetail(this.#open.details, detail);
    else if (this.#open) this.#later.push(detail);
    else this.#whole({ type: 'redacted_thinking', data: sealDetails([detail], '') });
  }

  #cite(citation: JsonObject): void {
    // Without a text there is nothing that could be backed.
    if (this.#open?.kind === 'text') this.#delta({ type: 'citations_delta', citation });
  }

  #call(index: number, piece: JsonObject): void {
    const { call, added } = this.#calls.take(index, piece);
    if (call.state === 'open') {
      if (added !== '') this.#delta({ type: 'input_json_delta', partial_json: added });
    } else if (call.state === 'closed') return;
    for (let next = this.#calls.next(false); next; next = this.#calls.next(false)) {
      if (this.#open?.kind === 'call' && !isWhole(this.#open.call)) return;
      this.#startCall(next);
    }
  }

  #startCall(call: PendingCall): void {
    const { id, name, text } = call;
    this.#start({ kind: 'call', call }, { type: 'tool_use', id, name, input: {} });
    call.state = 'open';
    if (text !== '') this.#delta({ type: 'input_json_delta', partial_json: text });
  }

  #start(open: Open, block: JsonObject): void {
    this.#stop();
    this.#open = open;
    this.#emit({ type: 'content_block_start', index: this.#count, content_block: block });
  }

  #delta(delta: JsonObject): void {
    this.#emit({ type: 'content_block_delta', index: this.#count, delta });
  }

  #stop(): void {
    const open = this.#open;
    if (!open) return;
    if (open.kind === 'call') open.call.state = 'closed';
    if (open.kind === 'reasoning') {
      const { details, text, field } = open;
      const signature = details.length > 0 ? sealDetails(details, text) : sealPlain({ field });
      this.#delta({ type: 'signature_delta', signature });
    }
    this.#emit({ type: 'content_block_stop', index: this.#count });
    this.#count++;
    this.#open = null;
    if (this.#later.length === 0) return;
    const data = sealDetails(this.#later, '');
    this.#later = [];
    this.#whole({ type: 'redacted_thinking', data });
  }

  /** A block that comes in one piece. */
  #whole(block: JsonObject): void {
    this.#stop();
    this.#emit({ type: 'content_block_start', index: this.#count, content_block: block });
    this.#emit({ type: 'content_block_stop', index: this.#count });
    this.#count++;
  }
}

function textOf(detail: JsonObject): string {
  const member = textMember(detail);
  return member === undefined ? '' : (asString(detail[member]) ?? '');
}

/** Pieces of one detail, as streams give them, are put together. */
function addDetail(details: JsonObject[], detail: JsonObject): void {
  const last = details.at(-1);
  const member = textMember(detail);
  const same =
    last !== undefined &&
    member !== undefined &&
    last.type === detail.type &&
    asNumber(detail.index) !== undefined &&
    last.index === detail.index;
  if (!same) {
    details.push({ ...detail });
    return;
  }
  const text = textOf(last) + textOf(detail);
  Object.assign(last, withoutNulls(detail), { [member]: text });
}

function withoutNulls(detail: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(detail).filter(([, value]) => value !== null && value !== undefined),
  );
}
