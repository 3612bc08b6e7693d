import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../../../lib/json.ts';
import {
  dearerTier,
  findInContent,
  type Hosted,
  type HostedTool,
  limitOf,
  mayNameFiles,
  objectsOfTool,
  unitOf,
} from '../../../hosted.ts';

/** Tools that the client runs. */
const CLIENTS: ReadonlySet<string> = new Set([
  'function',
  'custom',
  'namespace',
  'computer',
  'computer_use_preview',
  'computer_use',
  'local_shell',
  'apply_patch',
]);

/** What a request in the words of the Responses API asks of its host. */
export function hostedInResponse(body: JsonObject, bytes: Uint8Array): Hosted {
  const given = asArray(body.tools);
  const tools = given.flatMap((entry, index): HostedTool[] => {
    const tool = asObject(entry);
    const unit = tool && hostedUnit(tool);
    if (!tool || !unit) return [];
    // All calls of an answer run in one container.
    const most = isSession(unit) ? 1 : limitOf(body.max_tool_calls, tool.max_num_calls);
    return [{ param: `tools[${index}]`, unit, counted: true, most }];
  });
  tools.push(...dearerTier(body.service_tier));
  const objects = given.flatMap((tool, index) =>
    isObject(tool) && hostedUnit(tool) ? objectsOfTool(tool, `tools[${index}]`) : [],
  );
  for (const [index, item] of asArray(body.input).entries()) {
    // A container that an earlier answer ran in is gone on with.
    if (asString(asObject(item)?.container_id)) objects.push(`input[${index}].container_id`);
    const environment = asObject(asObject(item)?.environment);
    if (asString(environment?.container_id)) objects.push(`input[${index}].environment.container_id`);
  }
  if (mayNameFiles(bytes)) {
    objects.push(
      ...asArray(body.input).flatMap((item, index) => findInContent(item, `input[${index}]`, fileOf)),
    );
  }
  return { tools, objects };
}

/** What a tool's calls are counted by; null for one that the client runs. */
function hostedUnit(tool: JsonObject): string | null {
  const unit = unitOf(asString(tool.type) ?? 'function');
  if (CLIENTS.has(unit)) return null;
  const where = asObject(tool.environment) ?? asObject(tool.container);
  if (unit === 'shell' && where?.type === 'local') return null;
  if (unit === 'tool_search' && tool.execution === 'client') return null;
  if (unit !== 'code_interpreter' && unit !== 'shell') return unit;
  // Sessions are charged for by the size of their container.
  const memory = asString(where?.memory_limit) ?? '1g';
  return memory === '1g' ? unit : `${unit}_${unitOf(memory)}`;
}

function isSession(unit: string): boolean {
  return unit.startsWith('code_interpreter') || unit.startsWith('shell');
}

function fileOf(part: JsonObject): string | null {
  return (part.type === 'input_file' || part.type === 'input_image') && asString(part.file_id)
    ? 'file_id'
    : null;
}

const NO_CALLS: ReadonlySet<string> = new Set([
  'function_call',
  'custom_tool_call',
  'computer_call',
  'local_shell_call',
  'apply_patch_call',
]);

/**
 * How often the provider's tools were called in an answer; undefined where they were not. Searches alone are charged
 * for, and not the pages that they open (https://platform.openai.com/docs/guides/tools-web-search), containers by the
 * session, other tools by the call.
 * @param items of its output.
 * @param response with what the host itself counts, where it does.
 * @param request that was answered.
 */
export function callsIn(
  items: readonly Json[],
  response: JsonObject,
  request: JsonObject,
): Record<string, number> | undefined {
  const told = asObject(asObject(response.usage)?.server_side_tool_usage_details);
  const calls = told ? toldBy(told) : countItems(items, asked(request));
  const searches = asNumber(asObject(asObject(response.tool_usage)?.web_search)?.num_requests);
  if (!told && searches !== undefined) calls.set(searchUnit(asked(request)), searches);
  const some = [...calls].filter(([, count]) => count > 0);
  return some.length > 0 ? Object.fromEntries(some) : undefined;
}

/** xAI's `web_search_calls` and the like (https://docs.x.ai/developers/tools/tool-usage-details). */
function toldBy(details: JsonObject): Map<string, number> {
  const calls = new Map<string, number>();
  for (const [name, value] of Object.entries(details)) {
    if (name.endsWith('_calls')) calls.set(name.slice(0, -6), asNumber(value) ?? 0);
  }
  return calls;
}

function countItems(items: readonly Json[], units: readonly string[]): Map<string, number> {
  const calls = new Map<string, number>();
  const sessions = new Set<string>();
  for (const [index, item] of items.entries()) {
    const type = isObject(item) ? asString(item.type) : undefined;
    if (!isObject(item) || !type?.endsWith('_call') || NO_CALLS.has(type)) continue;
    const name = unitOf(type.slice(0, -5));
    const unit = units.find((one) => one === name) ?? units.find((one) => one.startsWith(`${name}_`));
    if (unit === undefined && name === 'shell') continue;
    if (name === 'web_search' && (asString(asObject(item.action)?.type) ?? 'search') !== 'search') continue;
    const session = asString(item.container_id) ?? asString(asObject(item.environment)?.container_id);
    if (isSession(name)) {
      const key = `${name} ${session ?? (name === 'shell' ? '' : String(index))}`;
      if (sessions.has(key)) continue;
      sessions.add(key);
    }
    calls.set(unit ?? name, (calls.get(unit ?? name) ?? 0) + 1);
  }
  return calls;
}

function asked(request: JsonObject): string[] {
  return asArray(request.tools).flatMap((tool) => (isObject(tool) ? (hostedUnit(tool) ?? []) : []));
}

function searchUnit(units: readonly string[]): string {
  return units.find((unit) => unit === 'web_search' || unit === 'web_search_preview') ?? 'web_search';
}
