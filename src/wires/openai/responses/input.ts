import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../../lib/json.ts';
import type { MemberNames, Origins } from '../../param-names.ts';
import { contentOf, saidOf } from './content.ts';
import type { Dropped } from './dropped.ts';
import { stemOfItem } from './ids.ts';
import { pictureUrl } from './picture.ts';
import { openThought } from './reasoning.ts';
import { invalid, missing, unsupported, wrongType } from './refuse.ts';
import { type Recalled, Turn } from './turn.ts';

/** What members of messages, calls and results are called here. */
const MESSAGE: MemberNames = { role: 'role', content: 'content', name: 'name' };
const CALL: MemberNames = {
  id: 'call_id',
  type: 'type',
  'function.name': 'name',
  'function.arguments': 'arguments',
  'custom.name': 'name',
  'custom.input': 'input',
};
const IMAGE: MemberNames = { image_url: 'result' };
const OUTPUT: MemberNames = { tool_call_id: 'call_id', name: 'name', content: 'output' };

/**
 * The messages that instructions and items amount to. The items of one answer (reasoning, text, calls) become one
 * message of the assistant: those whose ids are of one response, or that follow each other.
 * @param earlier so many items are of an earlier response, and not in the request as it was sent.
 * @param origins takes note of messages, their parts and their calls.
 * @throws GatewayError naming the item, for what a chat model cannot be told.
 */
export function readInput(
  body: JsonObject,
  earlier: number,
  dropped: Dropped,
  origins: Origins,
): JsonObject[] {
  const { instructions, input } = body;
  const conversation = new Conversation(dropped, origins);
  if (typeof instructions === 'string') {
    conversation.push(origins.note({ role: 'system', content: instructions }, 'instructions'));
  } else if (instructions != null) throw wrongType('instructions', 'a string');
  if (typeof input === 'string') conversation.push(origins.note({ role: 'user', content: input }, 'input'));
  else if (Array.isArray(input)) {
    for (const [index, item] of input.entries()) {
      conversation.add(item, index < earlier ? 'previous_response_id' : `input[${index - earlier}]`);
    }
  } else if (input != null) throw wrongType('input', 'a string or an array');
  else throw missing('input');
  const messages = conversation.messages();
  if (messages.length === 0) throw invalid('input', 'input must not be empty.');
  return messages;
}

class Conversation {
  readonly #dropped: Dropped;
  readonly #origins: Origins;
  readonly #messages: JsonObject[] = [];
  #turn: Turn | null = null;
  /** Reasoning that has yet to find its message: it stands before what it led to. */
  #waiting: Recalled[] = [];

  constructor(dropped: Dropped, origins: Origins) {
    this.#dropped = dropped;
    this.#origins = origins;
  }

  messages(): JsonObject[] {
    this.#endTurn();
    return this.#messages;
  }

  /** Adds a message that is not the assistant's. */
  push(message: JsonObject): void {
    this.#endTurn();
    this.#messages.push(message);
  }

  add(item: Json, at: string): void {
    if (!isObject(item)) throw wrongType(at, 'an object');
    switch (item.type ?? (item.role === undefined ? 'item_reference' : 'message')) {
      case 'message':
        this.#message(item, at);
        break;
      case 'function_call':
        this.#call(item, at, { name: 'arguments', type: 'function' });
        break;
      case 'custom_tool_call':
        this.#call(item, at, { name: 'input', type: 'custom' });
        break;
      case 'function_call_output':
      case 'custom_tool_call_output':
        this.#output(item, at);
        break;
      case 'reasoning':
        this.#reasoning(item, at);
        break;
      case 'image_generation_call':
        this.#image(item, at);
        break;
      case 'item_reference':
        throw unsupported(`${at}.id`, 'Items that are only referred to cannot be sent to a chat model.');
      default:
        throw unsupported(at, `Items of type "${asString(item.type)}" cannot be sent to a chat model.`);
    }
  }

  #message(item: JsonObject, at: string): void {
    const { type: _, id, status: __, phase, role, content, ...rest } = item;
    if (phase != null) this.#dropped.add('input.phase');
    if (role === 'assistant') {
      this.#turnFor(id, at).say(saidOf(content, `${at}.content`, this.#origins));
      return;
    }
    if (role !== 'user' && role !== 'system' && role !== 'developer') {
      throw invalid(`${at}.role`, 'A role is "user", "assistant", "system" or "developer".');
    }
    const said = contentOf(content, `${at}.content`, this.#dropped, this.#origins);
    this.push(this.#origins.note({ role, content: said, ...rest }, at, MESSAGE));
  }

  #call(
    item: JsonObject,
    at: string,
    words: { name: 'arguments' | 'input'; type: 'function' | 'custom' },
  ): void {
    const id = text(item.call_id, `${at}.call_id`);
    const name = text(item.name, `${at}.name`);
    const given = item[words.name];
    if (typeof given !== 'string') throw wrongType(`${at}.${words.name}`, 'a string');
    const call: JsonObject = { id, type: words.type, [words.type]: { name, [words.name]: given } };
    const turn = this.#turn ?? this.#begin(stemOfItem(item.id), at);
    this.#settle(turn);
    turn.call(this.#origins.note(call, at, CALL));
  }

  #output(item: JsonObject, at: string): void {
    const message: JsonObject = { role: 'tool', tool_call_id: text(item.call_id, `${at}.call_id`) };
    if (typeof item.name === 'string') message.name = item.name;
    message.content = contentOf(item.output, `${at}.output`, this.#dropped, this.#origins);
    this.push(this.#origins.note(message, at, OUTPUT));
  }

  #image(item: JsonObject, at: string): void {
    const { result, output_format: format } = item;
    if (typeof result !== 'string') return;
    const turn = this.#turn ?? this.#begin(stemOfItem(item.id), at);
    this.#settle(turn);
    this.#origins.note(turn.show(pictureUrl(result, format)), at, IMAGE);
  }

  #reasoning(item: JsonObject, at: string): void {
    const recalled = this.#recall(item, at);
    if (recalled === null) return;
    if (this.#turn?.isOf(stemOfItem(item.id))) this.#turn.recall(recalled);
    else this.#waiting.push(recalled);
  }

  /** What of a reasoning item can be sent again. What other makers have sealed says nothing to a chat model. */
  #recall(item: JsonObject, at: string): Recalled | null {
    const sealed = asString(item.encrypted_content);
    if (sealed) {
      const thought = openThought(sealed);
      if (thought === undefined) throw invalid(`${at}.encrypted_content`, 'encrypted_content is damaged.');
      if (thought) {
        const { name, details } = thought;
        return { texts: name === null ? {} : { [name]: textsOf(item.summary) }, details };
      }
      this.#dropped.add('input.encrypted_content');
    }
    // Open reasoning, as the hosts of open models have it.
    const open = textsOf(item.content);
    if (open !== '') return { texts: { reasoning_content: open }, details: [] };
    if (!sealed) this.#dropped.add('input.reasoning');
    return null;
  }

  /** The message of the assistant that further text belongs to. */
  #turnFor(id: Json | undefined, at: string): Turn {
    const stem = stemOfItem(id);
    if (this.#turn && !this.#turn.takes(stem)) {
      this.#finish(this.#turn);
      this.#turn = null;
    }
    const turn = this.#turn ?? this.#begin(stem, at);
    this.#settle(turn);
    return turn;
  }

  #begin(stem: string | null, at: string): Turn {
    this.#turn = new Turn(stem, at);
    return this.#turn;
  }

  #finish(turn: Turn): void {
    this.#messages.push(this.#origins.note(turn.message(), turn.at));
  }

  #settle(turn: Turn): void {
    for (const recalled of this.#waiting) turn.recall(recalled);
    this.#waiting = [];
  }

  #endTurn(): void {
    if (this.#turn) {
      this.#settle(this.#turn);
      this.#finish(this.#turn);
      this.#turn = null;
    } else if (this.#waiting.length > 0) {
      // Reasoning that led to nothing has no message that could carry it.
      this.#dropped.add('input.reasoning');
      this.#waiting = [];
    }
  }
}

function text(value: Json | undefined, at: string): string {
  if (value === undefined || value === null || value === '') throw missing(at);
  if (typeof value !== 'string') throw wrongType(at, 'a string');
  return value;
}

/** The texts of summary or content parts, joined. */
function textsOf(parts: Json | undefined): string {
  return asArray(parts)
    .map((part) => asString(asObject(part)?.text) ?? '')
    .join('');
}
