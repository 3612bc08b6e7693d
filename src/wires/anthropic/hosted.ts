import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import {
  dearer,
  dearerTier,
  findInContent,
  type Hosted,
  type HostedTool,
  limitOf,
  mayNameFiles,
  unitOf,
} from '../hosted.ts';

/** Tools of the API that the client runs (https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview). */
const CLIENTS: ReadonlySet<string> = new Set(['bash', 'text_editor', 'memory', 'computer']);

/** Units whose calls are in the usage of every answer. */
const IN_USAGE: ReadonlySet<string> = new Set(['web_search', 'web_fetch']);

/**
 * What a request in the words of the Messages API asks of its host.
 * @param translated a chat completion: of its answer only the usage is counted.
 */
export function hostedIn(body: JsonObject, bytes: Uint8Array, translated: boolean): Hosted {
  const tools = asArray(body.tools).flatMap((entry, index): HostedTool[] => {
    const tool = asObject(entry);
    const type = asString(tool?.type) ?? 'custom';
    if (!tool || type === 'custom' || type === 'function' || CLIENTS.has(unitOf(type))) return [];
    const unit = hostedUnit(unitOf(type));
    const counted = !translated || IN_USAGE.has(unit);
    return [{ param: `tools[${index}]`, unit, counted, most: limitOf(tool.max_uses) }];
  });
  // Servers may be named without a toolset, in the first version of the beta.
  if (asArray(body.mcp_servers).length > 0 && !tools.some(({ unit }) => unit === 'mcp')) {
    tools.push({ param: 'mcp_servers', unit: 'mcp', counted: !translated, most: limitOf() });
  }
  tools.push(...surcharges(body, translated));
  return { tools, objects: [...accountsOf(body), ...(mayNameFiles(bytes) ? filesIn(body) : [])] };
}

/** https://platform.claude.com/docs/en/about-claude/pricing: fast mode, where inference runs, tiers of service. */
function surcharges(
  { speed, inference_geo: geo, service_tier: tier }: JsonObject,
  translated: boolean,
): HostedTool[] {
  // The tiers of chat completions are translated to the usual ones.
  const found = translated ? [] : dearerTier(tier);
  if (asString(speed) && speed !== 'standard') found.push(dearer('speed', String(speed)));
  if (asString(geo) && geo !== 'global') found.push(dearer('inference_geo', String(geo)));
  return found;
}

function hostedUnit(name: string): string {
  if (name.startsWith('tool_search')) return 'tool_search';
  if (name.endsWith('code_execution')) return 'code_execution';
  return name.startsWith('mcp') ? 'mcp' : name;
}

/** Containers, skills that an account made, and messages that it was answered. */
function accountsOf({ container, diagnostics }: JsonObject): string[] {
  const found: string[] = [];
  if (asString(container)) found.push('container');
  if (isObject(container)) {
    if (asString(container.id)) found.push('container.id');
    for (const [index, skill] of asArray(container.skills).entries()) {
      if (asObject(skill)?.type !== 'anthropic') found.push(`container.skills[${index}]`);
    }
  }
  const earlier = asString(asObject(diagnostics)?.previous_message_id);
  // Ours say nothing to the host, and are left out.
  if (earlier !== undefined && !earlier.startsWith('gen_')) found.push('diagnostics.previous_message_id');
  return found;
}

function filesIn({ system, messages }: JsonObject): string[] {
  const holders: [Json, string][] = asArray(messages).map((message, index) => [
    message,
    `messages[${index}]`,
  ]);
  for (const [index, block] of asArray(system).entries()) holders.push([block, `system[${index}]`]);
  return holders.flatMap(([holder, at]) => findInContent(holder, at, fileOf));
}

function fileOf(block: JsonObject): string | null {
  const isNamed = block.type === 'file' || block.type === 'container_upload';
  return isNamed && asString(block.file_id) ? 'file_id' : null;
}

/**
 * Calls that the usage of an answer counts (`server_tool_use`: `web_search_requests`, `web_fetch_requests`); undefined
 * where it counts none.
 */
export function countedCalls(usage: JsonObject): Record<string, number> | undefined {
  const calls: Record<string, number> = {};
  for (const [name, value] of Object.entries(asObject(usage.server_tool_use) ?? {})) {
    const count = asNumber(value);
    if (name.endsWith('_requests') && count !== undefined && count > 0) calls[name.slice(0, -9)] = count;
  }
  return Object.keys(calls).length > 0 ? calls : undefined;
}

/**
 * Calls by the blocks of an answer, of tools that its request asks for. A tool that another one runs for itself, as
 * searches run code, is not charged for.
 */
export function callsInBlocks(
  blocks: readonly JsonObject[],
  request: JsonObject = {},
): Record<string, number> | undefined {
  const calls: Record<string, number> = {};
  let asked: Set<string> | null = null;
  for (const { type, name } of blocks) {
    if (type !== 'server_tool_use' && type !== 'mcp_tool_use') continue;
    asked ??= new Set(hostedIn(request, new Uint8Array(), false).tools.map(({ unit }) => unit));
    const unit = type === 'mcp_tool_use' ? 'mcp' : hostedUnit(unitOf(asString(name) ?? ''));
    if (asked.has(unit)) calls[unit] = (calls[unit] ?? 0) + 1;
  }
  return Object.keys(calls).length > 0 ? calls : undefined;
}
