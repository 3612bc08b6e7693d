import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../../../lib/json.ts';
import type { Dropped } from '../dropped.ts';
import { invalid, unsupported, wrongType } from '../refuse.ts';
import { inputContent, outputContent } from './content.ts';
import { recalledItems } from './sealed.ts';

/** Members of messages that are read, or that are about an answer and not of it. */
const READ: ReadonlySet<string> = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'tool_call_id',
  'function_call',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'annotations',
  'logprobs',
  'audio',
]);

/**
 * The messages of a chat completion as input items
 * (https://platform.openai.com/docs/api-reference/responses/create#responses-create-input).
 * @throws GatewayError naming the message, for what the API has no item for.
 */
export function inputItems(messages: readonly Json[], dropped: Dropped): JsonObject[] {
  const conversation = new Conversation(dropped);
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    if (!isObject(message)) throw wrongType(at, 'an object');
    conversation.add(message, at);
  }
  return conversation.items;
}

class Conversation {
  readonly items: JsonObject[] = [];
  readonly #dropped: Dropped;
  /** Calls of custom tools, by id: their results are items of another type. */
  readonly #custom = new Set<string>();
  /** Calls of the older dialect have no ids. */
  #legacyCalls = 0;

  constructor(dropped: Dropped) {
    this.#dropped = dropped;
  }

  add(message: JsonObject, at: string): void {
    for (const [name, value] of Object.entries(message)) {
      const isRead = READ.has(name) || (name === 'name' && message.role === 'function');
      if (!isRead && value !== null && value !== undefined) this.#dropped.add(`messages.${name}`);
    }
    switch (message.role) {
      case 'system':
      case 'developer':
      case 'user': {
        const content = inputContent(message.content, `${at}.content`, this.#dropped);
        this.items.push({ type: 'message', role: message.role, content });
        return;
      }
      case 'assistant':
        this.#answer(message, at);
        return;
      case 'tool':
        this.#result(asString(message.tool_call_id) ?? '', message, at);
        return;
      case 'function':
        this.#result(`call_${this.#legacyCalls}`, message, at);
        return;
      default:
        throw invalid(`${at}.role`, `There is no role "${asString(message.role) ?? ''}".`);
    }
  }

  /** The items of an answer in the order in which they came: text before calls, where its reasoning says nothing else. */
  #answer(message: JsonObject, at: string): void {
    if (message.audio)
      throw unsupported(`${at}.audio`, 'Earlier answers in audio cannot be sent to this model.');
    const said = new Said(outputContent(message, `${at}.content`, this.#dropped), this.#calls(message, at));
    for (const { item, place } of recalledItems(message, this.#dropped)) {
      this.items.push(...said.upTo(place.text, place.calls), item);
    }
    this.items.push(...said.rest());
  }

  #calls(message: JsonObject, at: string): JsonObject[] {
    const calls = asArray(message.tool_calls).map((entry, index) => {
      const call = asObject(entry) ?? {};
      const id = asString(call.id) ?? '';
      const custom = asObject(call.custom);
      if (custom) {
        this.#custom.add(id);
        const { name, input } = custom;
        return { type: 'custom_tool_call', call_id: id, name: name ?? '', input: asString(input) ?? '' };
      }
      const named = asObject(call.function);
      if (!named) throw invalid(`${at}.tool_calls[${index}]`, 'A call is of a function or a custom tool.');
      return functionCall(id, named);
    });
    const legacy = asObject(message.function_call);
    if (legacy) calls.push(functionCall(`call_${++this.#legacyCalls}`, legacy));
    return calls;
  }

  #result(id: string, message: JsonObject, at: string): void {
    const type = this.#custom.has(id) ? 'custom_tool_call_output' : 'function_call_output';
    this.items.push({
      type,
      call_id: id,
      output: inputContent(message.content, `${at}.content`, this.#dropped),
    });
  }
}

function functionCall(id: string, { name, arguments: given }: JsonObject): JsonObject {
  const text = asString(given) ?? (given == null ? '' : JSON.stringify(given));
  return { type: 'function_call', call_id: id, name: asString(name) ?? '', arguments: text || '{}' };
}

/** What an answer said and called, cut where its reasoning stood. */
class Said {
  #parts: JsonObject[];
  readonly #calls: JsonObject[];
  #textDone = 0;
  #callsDone = 0;

  constructor(parts: JsonObject[], calls: JsonObject[]) {
    this.#parts = parts;
    this.#calls = calls;
  }

  upTo(text: number, calls: number): JsonObject[] {
    const before: JsonObject[] = [];
    const after: JsonObject[] = [];
    for (const part of this.#parts) {
      const said = asString(part.text) ?? '';
      const room = part.type === 'output_text' ? Math.max(0, text - this.#textDone) : 0;
      if (room === 0) {
        after.push(part);
        continue;
      }
      const cut = Math.min(room, said.length);
      before.push({ ...part, text: said.slice(0, cut) });
      this.#textDone += cut;
      if (cut < said.length) after.push({ ...part, text: said.slice(cut) });
    }
    this.#parts = after;
    return [...messageOf(before), ...this.#take(calls)];
  }

  rest(): JsonObject[] {
    return [...messageOf(this.#parts), ...this.#take(this.#calls.length)];
  }

  #take(calls: number): JsonObject[] {
    const taken = this.#calls.slice(this.#callsDone, calls);
    this.#callsDone = Math.max(this.#callsDone, calls);
    return taken;
  }
}

function messageOf(content: JsonObject[]): JsonObject[] {
  return content.length === 0 ? [] : [{ type: 'message', role: 'assistant', content }];
}
