import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../../../../lib/json.ts';
import { pictureUrl } from '../picture.ts';
import { sealedDetail, shownDetail } from './sealed.ts';

/** Stands between the texts of two messages of one answer. */
const BETWEEN_MESSAGES = '\n\n';

/** Stands between the parts of a summary. */
const BETWEEN_PARTS = '\n\n';

/** What is known of an item that has begun. */
interface Begun {
  type: string;
  /** Number among the calls; -1 for what is none. */
  call: number;
  /** Characters of its text, summary or arguments that are out. */
  said: number;
  /** Where the parts of a message begin within the text of the answer, UTF-16 units. */
  starts: number[];
  /** Citations that are out. */
  notes: number;
  /** The part of the summary that is being said. */
  part: number;
}

/** Turns the items of one response, as events tell of them or whole, into deltas of a chat completion. */
export class Reply {
  /** The text so far. */
  text = '';
  calls = 0;
  readonly #legacy: boolean;
  readonly #items = new Map<number, Begun>();
  #details = 0;
  #images = 0;
  /** Index of the detail that a summary or text goes on in; null where the next is a new one. */
  #shown: { index: number; kind: 'summary' | 'text' } | null = null;
  /** Another message has begun, whose text is set apart. */
  #apart = false;

  /** @param legacy the caller speaks `functions`, so a call is a `function_call`. */
  constructor(legacy: boolean) {
    this.#legacy = legacy;
  }

  /** Whether an item of the output has been told of. */
  knows(index: number): boolean {
    return this.#items.has(index);
  }

  /** An item begins. */
  begin(index: number, item: JsonObject): JsonObject | null {
    const type = asString(item.type) ?? '';
    const isCall = type === 'function_call' || type === 'custom_tool_call';
    const begun: Begun = { type, call: isCall ? this.calls++ : -1, said: 0, starts: [], notes: 0, part: 0 };
    this.#items.set(index, begun);
    this.#shown = null;
    if (type === 'message') this.#apart = this.text !== '';
    return isCall ? this.#call(begun, item) : null;
  }

  /** A piece of text. @param part `content_index` */
  say(index: number, part: number, piece: string): JsonObject | null {
    if (piece === '') return null;
    const text = this.#apart ? BETWEEN_MESSAGES + piece : piece;
    this.#apart = false;
    const begun = this.#item(index, 'message');
    begun.starts[part] ??= this.text.length + text.length - piece.length;
    begun.said += piece.length;
    this.text += text;
    return { content: text };
  }

  /** A piece of a refusal. */
  refuse(index: number, piece: string): JsonObject | null {
    if (piece === '') return null;
    this.#item(index, 'message').said += piece.length;
    return { refusal: piece };
  }

  /** A piece of reasoning. @param part `summary_index`, or `content_index` of open reasoning. */
  think(index: number, kind: 'summary' | 'text', part: number, piece: string): JsonObject | null {
    if (piece === '') return null;
    const begun = this.#item(index, 'reasoning');
    const text = begun.said > 0 && part !== begun.part ? BETWEEN_PARTS + piece : piece;
    begun.part = part;
    begun.said += piece.length;
    if (this.#shown?.kind !== kind) this.#shown = { index: this.#details++, kind };
    return { reasoning: text, reasoning_details: [shownDetail(this.#shown.index, kind, text)] };
  }

  /** A piece of what a tool is called with. */
  pass(index: number, piece: string): JsonObject | null {
    const begun = this.#items.get(index);
    if (!begun || begun.call < 0 || piece === '') return null;
    begun.said += piece.length;
    if (begun.type === 'custom_tool_call') {
      return { tool_calls: [{ index: begun.call, custom: { input: piece } }] };
    }
    if (!this.#legacy) return { tool_calls: [{ index: begun.call, function: { arguments: piece } }] };
    // The older dialect knows one call in a message.
    return begun.call === 0 ? { function_call: { arguments: piece } } : null;
  }

  /** A citation of a part. */
  cite(index: number, part: number, note: Json): JsonObject | null {
    const given = asObject(note);
    if (!given) return null;
    const begun = this.#item(index, 'message');
    begun.notes++;
    if (given.type !== 'url_citation') return { provider_data: { openai: { annotations: [given] } } };
    const { type, ...cited } = given;
    const start = begun.starts[part] ?? 0;
    const within = (offset: Json | undefined): number => (asNumber(offset) ?? 0) + start;
    const place = { start_index: within(cited.start_index), end_index: within(cited.end_index) };
    return { annotations: [{ type, url_citation: { ...cited, ...place } }] };
  }

  /** An item is whole: what of it has not been said yet. */
  end(index: number, item: JsonObject): JsonObject[] {
    const began = this.#items.has(index) ? null : this.begin(index, item);
    const begun = this.#item(index, asString(item.type) ?? '');
    const deltas = began ? [began] : [];
    const add = (delta: JsonObject | null): void => void (delta && deltas.push(delta));
    switch (begun.type) {
      case 'message':
        this.#endMessage(index, begun, item).forEach(add);
        break;
      case 'reasoning':
        this.#endReasoning(index, begun, item).forEach(add);
        break;
      case 'function_call':
      case 'custom_tool_call': {
        const rest = asString(begun.type === 'function_call' ? item.arguments : item.input) ?? '';
        // A function without parameters is called with none, and arguments are JSON.
        const isWhole = begun.type === 'function_call' && item.status !== 'incomplete';
        if (begun.said === 0) add(this.pass(index, rest || (isWhole ? '{}' : '')));
        break;
      }
      case 'image_generation_call':
        add(this.#show(item));
        break;
      default:
        add({ provider_data: { openai: { items: [item] } } });
    }
    return deltas;
  }

  #endMessage(index: number, begun: Begun, item: JsonObject): (JsonObject | null)[] {
    const parts = asArray(item.content).map((part) => asObject(part) ?? {});
    const unsaid = begun.said === 0;
    const uncited = begun.notes === 0;
    return parts.flatMap((part, place) => {
      if (part.type === 'refusal') return unsaid ? [this.refuse(index, asString(part.refusal) ?? '')] : [];
      const said = unsaid ? [this.say(index, place, asString(part.text) ?? '')] : [];
      const notes = uncited ? asArray(part.annotations) : [];
      return [...said, ...notes.map((note) => this.cite(index, place, note))];
    });
  }

  #endReasoning(index: number, begun: Begun, item: JsonObject): (JsonObject | null)[] {
    const deltas: (JsonObject | null)[] = [];
    if (begun.said === 0) {
      for (const [kind, parts] of [
        ['summary', item.summary],
        ['text', item.content],
      ] as const) {
        for (const [part, entry] of asArray(parts).entries()) {
          deltas.push(this.think(index, kind, part, asString(asObject(entry)?.text) ?? ''));
        }
      }
    }
    this.#shown = null;
    const data = asString(item.encrypted_content);
    if (data) {
      const place = { text: this.text.length, calls: this.calls };
      const detail = sealedDetail(this.#details++, data, asString(item.id), place);
      deltas.push({ reasoning_details: [detail] });
    }
    return deltas;
  }

  #call(begun: Begun, item: JsonObject): JsonObject | null {
    const id = asString(item.call_id) || (asString(item.id) ?? '');
    const name = asString(item.name) ?? '';
    if (begun.type === 'custom_tool_call') {
      return { tool_calls: [{ index: begun.call, id, type: 'custom', custom: { name, input: '' } }] };
    }
    const named = { name, arguments: '' };
    if (!this.#legacy) return { tool_calls: [{ index: begun.call, id, type: 'function', function: named }] };
    return begun.call === 0 ? { function_call: named } : null;
  }

  #show({ result, output_format: format }: JsonObject): JsonObject | null {
    if (typeof result !== 'string' || result === '') return null;
    const url = pictureUrl(result, format);
    return { images: [{ type: 'image_url', image_url: { url }, index: this.#images++ }] };
  }

  /** An item that is spoken of before it has begun has begun. */
  #item(index: number, type: string): Begun {
    const known = this.#items.get(index);
    if (known) return known;
    this.begin(index, { type });
    const begun = this.#items.get(index);
    return begun ?? { type, call: -1, said: 0, starts: [], notes: 0, part: 0 };
  }
}
