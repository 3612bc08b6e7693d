import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import {
  dearerTier,
  findInContent,
  type Hosted,
  type HostedTool,
  limitOf,
  mayNameFiles,
  memberOf,
  objectsOfTool,
  unitOf,
} from '../hosted.ts';
import type { ChatRequest } from '../types.ts';

/**
 * Members by which hosts of chat completions search: OpenAI's search models and Perplexity, xAI, Alibaba, Groq.
 * OpenRouter's `plugins` are named one by one.
 */
const SEARCHES = [
  'web_search_options',
  'search_parameters',
  'enable_search',
  'search_settings',
  'compound_custom',
] as const;

/** State that a host keeps: of the Responses API, should a host take it here too. */
const KEPT = ['previous_response_id', 'conversation'] as const;

/** What a chat completion asks of its host. No host counts calls in a way that all share. */
export function hostedInChat(request: ChatRequest): Hosted {
  const tools = asArray(memberOf(request, 'tools'));
  const found = [
    ...tools.flatMap((tool, index) => hostedTool(tool, `tools[${index}]`)),
    ...SEARCHES.flatMap((name) => (isAsked(memberOf(request, name)) ? [uncounted(name, name)] : [])),
    ...asArray(memberOf(request, 'plugins')).map((plugin, index) =>
      uncounted(`plugins[${index}]`, `plugin_${asString(asObject(plugin)?.id) ?? 'unknown'}`),
    ),
  ];
  found.push(...dearerTier(memberOf(request, 'service_tier')));
  const objects = tools.flatMap((tool, index) =>
    isObject(tool) && tool.type !== 'function' ? objectsOfTool(tool, `tools[${index}]`) : [],
  );
  objects.push(...KEPT.filter((name) => isAsked(memberOf(request, name))));
  if (mayNameFiles(request.bytes)) {
    const messages = asArray(memberOf(request, 'messages'));
    objects.push(
      ...messages.flatMap((message, index) => findInContent(message, `messages[${index}]`, fileOf)),
    );
  }
  return { tools: found, objects };
}

function hostedTool(entry: Json, param: string): HostedTool[] {
  const tool = asObject(entry);
  if (!tool || tool.type === 'function' || tool.type === 'custom' || isObject(tool.function)) return [];
  const name = asString(tool.type) ?? Object.keys(tool)[0];
  return name === undefined ? [] : [uncounted(param, name)];
}

function uncounted(param: string, name: string): HostedTool {
  return { param, unit: unitOf(name), counted: false, most: limitOf() };
}

/** Whether a member asks for a search: it may say that there is to be none. */
function isAsked(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false) return false;
  return asObject(value)?.mode !== 'off';
}

function fileOf(part: JsonObject): string | null {
  if (part.type === 'file' && asString(asObject(part.file)?.file_id)) return 'file.file_id';
  return part.type !== 'file' && asString(part.file_id) ? 'file_id' : null;
}
