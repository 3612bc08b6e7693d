import { GatewayError } from '../../errors.ts';
import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import { scanMembers } from '../../lib/json-members.ts';
import type { ChatBody, ChatRequest, Quirks } from '../types.ts';

/** Members of other formats, without a counterpart here. */
const FOREIGN = [
  'cache_control',
  'betas',
  'context_management',
  'speed',
  'thinking',
  'output_config',
] as const;

/** The longest `user` that OpenAI takes, characters. */
const LONGEST_USER = 64;

/** In place of the text of a tool's result that has none. */
const ATTACHED = 'The result is attached to the next message.';

/** A request as hosts take it that know OpenAI's members alone, and what was left out of it. */
export interface Adapted {
  request: ChatRequest;
  dropped: string[];
}

/**
 * Adapts a request that was translated from another format, whose caller cannot leave out what hosts of this wire
 * refuse. Hosts that take OpenRouter's members (`reasoningObject`) get marks of the cache and details of reasoning.
 * @throws GatewayError `unsupported_parameter` for a demand that must not be ignored.
 */
export function adaptTranslated(request: ChatRequest, quirks: Quirks): Adapted {
  const dropped = new Set<string>();
  const body = adaptMembers(request.body(), dropped);
  const routes = quirks.reasoningObject === true;
  body.messages = adaptMessages(asArray(body.messages).filter(isObject), routes, dropped);
  if (!routes && Array.isArray(body.tools)) body.tools = uncached(body.tools, 'tools', dropped);
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return {
    request: {
      ...request,
      bytes,
      members: scanMembers(bytes) ?? [],
      body: () => body,
      extensions: [],
    },
    dropped: [...dropped],
  };
}

/**
 * The body with OpenAI's members alone.
 * @throws GatewayError `unsupported_parameter` for a demand that must not be ignored.
 */
export function adaptMembers(given: ChatBody, dropped: Set<string>): ChatBody {
  const body: ChatBody = { ...given };
  if (body.inference_geo !== undefined) {
    const message = 'This provider cannot be told where to run a model.';
    throw new GatewayError('unsupported_parameter', { param: 'inference_geo', message });
  }
  takeEffort(body);
  for (const name of FOREIGN) {
    if (body[name] === undefined) continue;
    dropped.add(name);
    delete body[name];
  }
  if ((asString(body.user)?.length ?? 0) > LONGEST_USER) {
    dropped.add('user');
    delete body.user;
  }
  return body;
}

/** An effort that came beside `reasoning`, or alone. */
function takeEffort(body: JsonObject): void {
  const { effort, ...rest } = asObject(body.output_config) ?? {};
  if (effort === undefined) return;
  const reasoning = asObject(body.reasoning);
  if (reasoning?.enabled !== false && reasoning?.effort === undefined) body.reasoning_effort ??= effort;
  if (Object.keys(rest).length === 0) delete body.output_config;
}

function adaptMessages(messages: readonly JsonObject[], routes: boolean, dropped: Set<string>): JsonObject[] {
  const out: JsonObject[] = [];
  /** What results of tools show; only a user's message may hold it, behind all the results. */
  let shown: Json[] = [];
  const show = (): void => {
    if (shown.length > 0) out.push({ role: 'user', content: shown });
    shown = [];
  };
  for (const message of messages) {
    const adapted = adaptMessage(message, routes, dropped);
    if (message.role !== 'tool') show();
    else if (Array.isArray(adapted.content)) {
      shown.push(...adapted.content.filter((part) => !isText(part)));
      adapted.content = joined(adapted.content.filter(isText), '\n\n') || ATTACHED;
    }
    out.push(adapted);
  }
  show();
  return out;
}

function adaptMessage(message: JsonObject, routes: boolean, dropped: Set<string>): JsonObject {
  const { is_error: isError, ...rest } = message;
  const adapted: JsonObject = rest;
  if (isError === true) dropped.add('messages.is_error');
  if (!routes) {
    if (adapted.cache_control !== undefined) dropped.add('messages.cache_control');
    if (adapted.reasoning_details !== undefined) dropped.add('messages.reasoning_details');
    delete adapted.cache_control;
    delete adapted.reasoning_details;
    if (Array.isArray(adapted.tool_calls)) {
      adapted.tool_calls = uncached(adapted.tool_calls, 'messages', dropped);
    }
  }
  if (!Array.isArray(message.content)) return adapted;
  const parts = message.content.map(readableFile);
  const content = routes ? parts : uncached(parts, 'messages.content', dropped);
  // Of a part that says more than its text, such as a mark of the cache, nothing is lost.
  const flat = content.every((part) => isText(part) && Object.keys(part).length === 2);
  adapted.content = flat ? joined(content, message.role === 'assistant' ? '' : '\n\n') : content;
  return adapted;
}

/** The objects without their marks of the cache. */
function uncached(values: readonly Json[], at: string, dropped: Set<string>): Json[] {
  return values.map((value) => {
    if (!isObject(value) || value.cache_control === undefined) return value;
    dropped.add(`${at}.cache_control`);
    const { cache_control: _, ...rest } = value;
    return rest;
  });
}

const TEXT_FILE = 'data:text/plain;base64,';

/** Files of text as text: hosts of this wire read PDFs at most. */
export function readableFile(part: Json): Json {
  const file = asObject(asObject(part)?.file);
  const data = asString(file?.file_data);
  if (!isObject(part) || !data?.startsWith(TEXT_FILE)) return part;
  const bytes = Uint8Array.from(atob(data.slice(TEXT_FILE.length)), (character) => character.charCodeAt(0));
  const name = asString(file?.filename);
  const title = name === undefined ? '' : ` title=${JSON.stringify(name)}`;
  const { file: _, ...rest } = part;
  return {
    ...rest,
    type: 'text',
    text: `<document${title}>\n${new TextDecoder().decode(bytes)}\n</document>`,
  };
}

function isText(part: Json): part is JsonObject {
  return isObject(part) && part.type === 'text';
}

function joined(parts: readonly Json[], by: string): string {
  return parts.map((part) => asString(asObject(part)?.text) ?? '').join(by);
}
