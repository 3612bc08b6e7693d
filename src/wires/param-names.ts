import { asArray, isObject, type Json, type JsonObject } from '../lib/json.ts';

/**
 * What members of a chat completion are called in another format, by their path: `image_url` says so of all that lies
 * in it too. What is at another's path has no name of its own there.
 */
export type MemberNames = Readonly<Record<string, string>>;

/** Where a value of a chat completion comes from, and what its members are called there. */
interface Origin {
  at: string;
  members: MemberNames;
}

const NO_MEMBERS: MemberNames = {};

/** Where the values of a chat completion stand in the request of another format that it was translated from. */
export class Origins {
  readonly #origins = new Map<Json, Origin>();

  /**
   * Notes where a value comes from, and answers it.
   * @param at the place in the request as its client sent it, e.g. `input[2].content[0]`.
   * @param members the names there of those of its members that have one.
   */
  note<Value extends JsonObject>(value: Value, at: string, members: MemberNames = NO_MEMBERS): Value {
    this.#origins.set(value, { at, members });
    return value;
  }

  of(value: Json | undefined): Origin | undefined {
    return isObject(value) ? this.#origins.get(value) : undefined;
  }
}

/**
 * What a parameter of a chat completion is called in the request that it was translated from: by the value that it
 * names, where that one's origin is known, else by its name. What has no other name keeps its own.
 * @param names of members that `origins` does not know.
 */
export function paramName(param: string, chat: JsonObject, origins: Origins, names: MemberNames): string {
  const path = pathOf(param);
  let value: Json | undefined = chat;
  let named: string | undefined;
  for (const [depth, step] of path.entries()) {
    value = typeof step === 'number' ? asArray(value)[step] : isObject(value) ? value[step] : undefined;
    const origin = origins.of(value);
    if (!origin) continue;
    const member = nameIn(origin.members, written(path.slice(depth + 1)));
    named = member === undefined ? origin.at : `${origin.at}.${member}`;
  }
  return named ?? nameIn(names, param) ?? param;
}

/** The name of the nearest member around a path that has one. */
function nameIn(names: MemberNames, path: string): string | undefined {
  for (
    let end = path.length;
    end > 0;
    end = Math.max(path.lastIndexOf('.', end - 1), path.lastIndexOf('[', end - 1))
  ) {
    const name = path.slice(0, end);
    if (Object.hasOwn(names, name)) return names[name];
  }
  return undefined;
}

/** `messages[3].content` as its steps. */
function pathOf(param: string): (string | number)[] {
  return [...param.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([step, index]) =>
    index === undefined ? step : Number(index),
  );
}

function written(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}
