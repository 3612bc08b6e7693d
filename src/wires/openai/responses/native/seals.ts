import { asArray, asString, isObject, type Json, type JsonObject } from '../../../../lib/json.ts';
import type { Target } from '../../../types.ts';
import { isSealedHere } from '../reasoning.ts';

/**
 * In front of reasoning that a host has sealed, for clients to bring back: whose account it is of. OpenAI's can be
 * opened by the organization alone that it was made for, and so it is with the others.
 */
const MARK = 'interline.of.';

/** The member and its value in JSON. Within a string the quotes of the name would be escaped. */
const ENCRYPTED_CONTENT = /("encrypted_content"\s*:\s*)("[^"\\]*(?:\\.[^"\\]*)*")/g;

/** The name that `x-dropped-params` has for sealed reasoning. */
export const SEALED_ITEM = 'input.encrypted_content';

/** Marks what is sealed in items, in place. @returns what it was before. */
export function markItems(items: Json | undefined, account: string): ReadonlySet<string> {
  const seals = new Set<string>();
  for (const item of asArray(items)) {
    const seal = sealOf(item);
    if (!seal || !isObject(item)) continue;
    seals.add(seal);
    item.encrypted_content = marked(seal, account);
  }
  return seals;
}

/** The same in their JSON, all else of which stays as it is spelled. */
export function markText(text: string, seals: ReadonlySet<string>, account: string): string {
  if (seals.size === 0) return text;
  return text.replace(ENCRYPTED_CONTENT, (whole, name: string, value: string) => {
    const seal = JSON.parse(value) as string;
    return seals.has(seal) ? name + JSON.stringify(marked(seal, account)) : whole;
  });
}

/** What the ids of items begin with at OpenAI, which refuses others; DeepSeek's are bare UUIDs. */
const ID_PREFIXES: Readonly<Record<string, string>> = {
  message: 'msg',
  function_call: 'fc',
  custom_tool_call: 'ctc',
  reasoning: 'rs',
};

/** The items of an input as a host can read them. */
export interface Readable {
  items: readonly Json[];
  /** Reasoning of others was left out. */
  lost: boolean;
}

/** Null where all of it can be sent as it is. Where the account is not known, all seals are taken to be its own. */
export function readableBy(input: Json | undefined, { account, quirks }: Target): Readable | null {
  const given = asArray(input);
  const seals = quirks.responses?.sealsReasoning === true;
  const items = given.flatMap((item): Json[] => {
    const seal = sealOf(item);
    if (!isObject(item)) return [item];
    if (!seal) return seals ? withKnownId(item) : [item];
    const mark = readMark(seal);
    if (mark === null) return isSealedHere(seal) ? [] : [item];
    return account === undefined || mark.account === account
      ? [{ ...item, encrypted_content: mark.seal }]
      : [];
  });
  const lost = items.length < given.length;
  return lost || items.some((item, index) => item !== given[index]) ? { items, lost } : null;
}

/** The items without reasoning, and without ids that the API itself would not give; null where all may stay. */
export function withoutReasoningItems(input: Json | undefined): Readable | null {
  const given = asArray(input);
  const items = given.flatMap((item): Json[] => {
    if (!isObject(item)) return [item];
    return item.type === 'reasoning' ? [] : withKnownId(item);
  });
  const lost = items.length < given.length;
  return lost || items.some((item, index) => item !== given[index]) ? { items, lost } : null;
}

/** Reasoning cannot do without an id. */
function withKnownId(item: JsonObject): JsonObject[] {
  const type = asString(item.type) ?? '';
  const prefix = Object.hasOwn(ID_PREFIXES, type) ? ID_PREFIXES[type] : undefined;
  if (prefix === undefined || typeof item.id !== 'string' || item.id.startsWith(prefix)) return [item];
  const { id: _, ...rest } = item;
  return type === 'reasoning' ? [] : [rest];
}

function sealOf(item: Json): string | undefined {
  return isObject(item) && item.type === 'reasoning' ? asString(item.encrypted_content) : undefined;
}

function marked(seal: string, account: string): string {
  return `${MARK}${account}:${seal}`;
}

function readMark(sealed: string): { account: string; seal: string } | null {
  if (!sealed.startsWith(MARK)) return null;
  const end = sealed.indexOf(':', MARK.length);
  return end < 0 ? null : { account: sealed.slice(MARK.length, end), seal: sealed.slice(end + 1) };
}
