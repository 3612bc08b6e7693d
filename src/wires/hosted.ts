import { asArray, asNumber, asString, isObject, type Json, type JsonObject, parseJson } from '../lib/json.ts';
import { type JsonMember, memberText } from '../lib/json-members.ts';

/** What a request asks of its host beside tokens, and what it names there. */
export interface Hosted {
  /** Tools that run at the provider, for which it may charge. */
  tools: readonly HostedTool[];
  /** Where it names an object of the provider's account: a file, a container, a store, a skill. */
  objects: readonly string[];
}

export interface HostedTool {
  /** Where the request asks for it: `tools[0]`. */
  param: string;
  /** The unit that its calls are counted and priced by: `web_search`. */
  unit: string;
  /** Whether answers tell how often it was called. Else nothing but a price of zero can be held. */
  counted: boolean;
  /** The most calls of one answer: as the request limits them, else as many as are reserved for. */
  most: number;
}

/** So many calls of a tool are reserved for where the request sets no limit. */
export const USUAL_CALLS = 10;

export const NOTHING_HOSTED: Hosted = { tools: [], objects: [] };

/** The name of a type of tools without its version: `web_search_20250305`, `web_search_preview_2025_03_11`. */
export function unitOf(type: string): string {
  return type
    .replace(/_(\d{8}|\d{4}_\d{2}_\d{2})$/, '')
    .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 64);
}

/** A limit of calls that a request sets. */
export function limitOf(...limits: readonly (Json | undefined)[]): number {
  const set = limits.flatMap((limit) => {
    const count = asNumber(limit);
    return count !== undefined && count >= 0 ? [Math.ceil(count)] : [];
  });
  return set.length > 0 ? Math.min(...set) : USUAL_CALLS;
}

/** Tiers of service for which no host asks more than the price that it names. */
const USUAL_TIERS: ReadonlySet<string> = new Set([
  'auto',
  'default',
  'standard',
  'standard_only',
  'on_demand',
  'flex',
]);

/** A tier of service that hosts charge more for: priced as a tool whose calls nobody counts. */
export function dearerTier(tier: Json | undefined): HostedTool[] {
  const name = asString(tier);
  return name === undefined || USUAL_TIERS.has(name) ? [] : [dearer('service_tier', name)];
}

/** What a member asks for at another price than that of the tokens: only a declared fee of zero lets it pass. */
export function dearer(param: string, value: string): HostedTool {
  return { param, unit: unitOf(`${param}_${value}`), counted: false, most: 0 };
}

/** Bodies over this are not parsed for what one member says, bytes. */
const PARSED_BYTES = 256 * 1024;

/** What of a request tells a member. */
interface Received {
  bytes: Uint8Array;
  members: readonly JsonMember[];
  body(): JsonObject;
}

/** A top-level member; of a large body it alone is parsed. */
export function memberOf(request: Received, name: string): Json | undefined {
  const member = request.members.findLast((one) => one.name === name);
  if (!member) return undefined;
  if (request.bytes.byteLength <= PARSED_BYTES) return request.body()[name];
  return parseJson(memberText(request.bytes, member));
}

/** Whether a body may name a file of a host: a search of bytes. What is escaped may say anything. */
export function mayNameFiles(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return text.includes('file_id') || text.includes('\\u00');
}

/** Lists of a message's or item's content, with that of results of tools and documents in it. */
const CONTENT = ['content', 'output', 'source'] as const;

/** Where content, at any depth, has what is looked for. What tools are called with is no content. */
export function findInContent(
  holder: Json,
  at: string,
  find: (part: JsonObject) => string | null,
  found: string[] = [],
): string[] {
  if (!isObject(holder)) return found;
  const path = find(holder);
  if (path !== null) found.push(path === '' ? at : `${at}.${path}`);
  for (const member of CONTENT) {
    const inside = holder[member];
    if (isObject(inside)) findInContent(inside, `${at}.${member}`, find, found);
    for (const [index, part] of asArray(inside).entries()) {
      findInContent(part, `${at}.${member}[${index}]`, find, found);
    }
  }
  return found;
}

/** Members of a tool's definition that name objects of the account. */
const ACCOUNTS = ['vector_store_ids', 'file_ids', 'file_id', 'container_id', 'collection_ids'] as const;

/** Where a tool of OpenAI's kind names objects of the account: stores, files, containers, skills of its own. */
export function objectsOfTool(tool: JsonObject, at: string): string[] {
  const found = ACCOUNTS.filter((name) => isNamed(tool[name])).map((name) => `${at}.${name}`);
  if (asString(tool.container)) found.push(`${at}.container`);
  if (asString(tool.skill_id) && tool.type === 'skill_reference' && !isOfEverybody(tool)) {
    found.push(`${at}.skill_id`);
  }
  for (const member of ['container', 'environment', 'input_image_mask', 'memory'] as const) {
    const inside = tool[member];
    if (isObject(inside)) found.push(...objectsOfTool(inside, `${at}.${member}`));
  }
  for (const [index, skill] of asArray(tool.skills).entries()) {
    if (isObject(skill)) found.push(...objectsOfTool(skill, `${at}.skills[${index}]`));
  }
  return found;
}

/** A provider's own skill, which every account has. */
function isOfEverybody({ skill_id: id }: JsonObject): boolean {
  return asString(id)?.startsWith('openai-') === true;
}

function isNamed(value: Json | undefined): boolean {
  return Array.isArray(value) ? value.length > 0 : typeof value === 'string' && value !== '';
}

/** Counts of two lists of calls together. */
export function addCalls(
  a: Readonly<Record<string, number>> | undefined,
  b: Readonly<Record<string, number>> | undefined,
): Record<string, number> | undefined {
  if (!a || !b) return a ?? b;
  const sum: Record<string, number> = { ...a };
  for (const [unit, calls] of Object.entries(b)) sum[unit] = (sum[unit] ?? 0) + calls;
  return sum;
}
