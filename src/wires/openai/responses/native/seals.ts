import { asArray, asString, isObject, type Json } from '../../../../lib/json.ts';
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

/** The items of an input as an account can read them. */
export interface Readable {
  items: readonly Json[];
  /** Reasoning that others have sealed was left out. */
  lost: boolean;
}

/** Null where all of it can be sent as it is. @param account absent: not known, so all is taken to be its own. */
export function readableBy(input: Json | undefined, account: string | undefined): Readable | null {
  const given = asArray(input);
  let lost = false;
  const items = given.flatMap((item): Json[] => {
    const seal = sealOf(item);
    if (!seal || !isObject(item)) return [item];
    const mark = readMark(seal);
    const isTheirs = mark !== null && (account === undefined || mark.account === account);
    if (isTheirs) return [{ ...item, encrypted_content: mark.seal }];
    if (mark === null && !isSealedHere(seal)) return [item];
    lost = true;
    return [];
  });
  return lost || items.some((item, index) => item !== given[index]) ? { items, lost } : null;
}

/** The items without any sealed reasoning; null where there is none. */
export function withoutSeals(input: Json | undefined): Json[] | null {
  const given = asArray(input);
  const kept = given.filter((item) => !sealOf(item));
  return kept.length < given.length ? kept : null;
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
