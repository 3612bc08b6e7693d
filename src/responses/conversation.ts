import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { ownerOfItem } from '../gateway/formats/responses-format.ts';
import { asString, isObject, type Json, type JsonObject } from '../lib/json.ts';
import { openKept } from './files.ts';
import { isResponseId } from './find.ts';
import { ownersOfItems, readRows } from './rows.ts';
import { type Kept, MAX_KEPT_BYTES, type ResponseScope } from './types.ts';

/** Items of so many responses may be referred to in one request: D1 binds a hundred values at most. */
const MOST_OWNERS = 90;

/** A request whose input is the whole conversation. */
export interface Conversation {
  body: JsonObject;
  /** So many items of the input come from the response that `previous_response_id` names. */
  earlier: number;
}

interface Reference {
  /** Its place in the input. */
  index: number;
  id: string;
}

/**
 * A request with what it refers to: the conversation of `previous_response_id` in front of its input, and items in
 * the place of references to them. Nothing is read where it refers to nothing.
 * @throws GatewayError `previous_response_not_found`, `item_not_found`, `request_too_large`, `invalid_type`,
 *   `invalid_value`, `storage_unavailable`.
 */
export function withConversation(
  env: Env,
  scope: ResponseScope,
  body: JsonObject,
): Conversation | Promise<Conversation> {
  const { previous_response_id: previous } = body;
  if (previous != null && typeof previous !== 'string') {
    const message = 'previous_response_id must be a string.';
    throw new GatewayError('invalid_type', { param: 'previous_response_id', message });
  }
  const references = Array.isArray(body.input) ? body.input.flatMap(referenceOf) : [];
  if (previous == null && references.length === 0) return { body, earlier: 0 };
  return resolve(env, scope, body, previous ?? null, references);
}

/** An item that is only named, with or without the type that says so. */
function referenceOf(item: Json, index: number): Reference[] {
  if (!isObject(item) || typeof item.id !== 'string') return [];
  const isReference = item.type === 'item_reference' || (item.type == null && item.role === undefined);
  return isReference ? [{ index, id: item.id }] : [];
}

async function resolve(
  env: Env,
  scope: ResponseScope,
  body: JsonObject,
  previous: string | null,
  references: readonly Reference[],
): Promise<Conversation> {
  const loader = new Loader(env, scope);
  const before = previous === null ? [] : await loader.conversationOf(previous);
  const found = await loader.find(references);
  const own = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : (body.input ?? []);
  // What is no list is refused where requests are read.
  if (!Array.isArray(own)) return { body, earlier: 0 };
  const resolved = own.map((item, index) => found.get(index) ?? item);
  return { body: { ...body, input: [...before, ...resolved] }, earlier: before.length };
}

/** Reads responses for one request, no more of them than a conversation may be long. */
class Loader {
  readonly #env: Env;
  readonly #scope: ResponseScope;
  readonly #items = new Map<string, JsonObject>();
  #bytes = 0;

  constructor(env: Env, scope: ResponseScope) {
    this.#env = env;
    this.#scope = scope;
  }

  /** Input and output of a response. */
  async conversationOf(id: string): Promise<Json[]> {
    const kept = isResponseId(id) ? (await this.#load([id], 'previous_response_id'))[0] : undefined;
    if (!kept) {
      throw new GatewayError('previous_response_not_found', {
        param: 'previous_response_id',
        message: `Previous response with id ${JSON.stringify(id.slice(0, 100))} not found.`,
      });
    }
    const { response, input } = kept;
    if (response.status !== 'completed' && response.status !== 'incomplete') {
      throw new GatewayError('invalid_value', {
        param: 'previous_response_id',
        message: `The response ${id} is ${asString(response.status)}: only one that has ended can be continued.`,
      });
    }
    return [...input, ...outputOf(response)];
  }

  /** Items by the places of the references to them. @throws GatewayError `item_not_found`. */
  async find(references: readonly Reference[]): Promise<Map<number, JsonObject>> {
    const given = await this.#givenBy(references);
    const ownerOf = (id: string): string | null => ownerOfItem(id) ?? given.get(id) ?? null;
    const owners = new Set(references.flatMap(({ id }) => (this.#items.has(id) ? [] : (ownerOf(id) ?? []))));
    if (owners.size > MOST_OWNERS) {
      const message = `Items of ${owners.size} responses are referred to, of ${MOST_OWNERS} at most: send them whole.`;
      throw new GatewayError('invalid_value', { param: 'input', message });
    }
    // Ids sort by age. The newest one mostly has seen what the others said.
    const [newest, ...others] = [...owners].filter(isResponseId).sort().reverse();
    if (newest !== undefined) await this.#load([newest], 'input');
    const missing = new Set(references.flatMap(({ id }) => (this.#items.has(id) ? [] : (ownerOf(id) ?? []))));
    const rest = others.filter((id) => missing.has(id));
    if (rest.length > 0) await this.#load(rest, 'input');
    return new Map(references.map(({ index, id }) => [index, this.#item(id, index)]));
  }

  /** The responses of items whose ids are their provider's. */
  async #givenBy(references: readonly Reference[]): Promise<ReadonlyMap<string, string>> {
    const foreign = references.flatMap(({ id }) =>
      this.#items.has(id) || ownerOfItem(id) !== null ? [] : [id],
    );
    const owners = new Map<string, string>();
    try {
      for (let at = 0; at < foreign.length; at += MOST_OWNERS) {
        const found = await ownersOfItems(this.#env, this.#scope, foreign.slice(at, at + MOST_OWNERS));
        for (const [item, owner] of found) owners.set(item, owner);
      }
    } catch (cause) {
      throw new GatewayError('storage_unavailable', { cause });
    }
    return owners;
  }

  #item(id: string, index: number): JsonObject {
    const item = this.#items.get(id);
    if (item) return item;
    throw new GatewayError('item_not_found', {
      param: `input[${index}].id`,
      message: `Item with id ${JSON.stringify(id.slice(0, 100))} not found. Items are kept for 30 days, unless \`store\` is false: send it whole, or leave it out.`,
    });
  }

  /** Those of these responses that there are, in the same order; their items are known then. */
  async #load(ids: readonly string[], param: string): Promise<Kept[]> {
    try {
      const [rows, files] = await Promise.all([
        readRows(this.#env, this.#scope, ids),
        Promise.all(ids.map((id) => openKept(this.#env, this.#scope.workspaceId, id))),
      ]);
      const statuses = new Map(rows.map(({ id, status }) => [id, status]));
      const readable = files.flatMap((file, index) => {
        const status = statuses.get(ids[index] ?? '');
        return file && status !== undefined ? [{ file, status }] : [];
      });
      this.#bytes += readable.reduce((sum, { file }) => sum + file.size, 0);
      if (this.#bytes > MAX_KEPT_BYTES) throw tooLong(param);
      const loaded = await Promise.all(
        readable.map(async (found) => keptAs(found.status, await found.file.read())),
      );
      for (const { input, response } of loaded) {
        for (const item of [...input, ...outputOf(response)]) {
          if (typeof item.id === 'string') this.#items.set(item.id, item);
        }
      }
      return loaded;
    } catch (cause) {
      throw cause instanceof GatewayError ? cause : new GatewayError('storage_unavailable', { cause });
    }
  }
}

/** The row says how a response ended, also where that could not be written into its file. */
function keptAs(status: string, { response, input }: Kept): Kept {
  return { response: { ...response, status }, input };
}

function outputOf({ output }: JsonObject): JsonObject[] {
  return Array.isArray(output) ? output.filter(isObject) : [];
}

function tooLong(param: string): GatewayError {
  return new GatewayError('request_too_large', {
    param,
    message: 'The conversation that the request refers to is over the limit of 32 MB. Begin a new one.',
  });
}
