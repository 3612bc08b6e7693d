import { asArray, asObject, type JsonObject } from '../../lib/json.ts';
import type { ChatBody, ChatRequest, EncodedRequest, Target } from '../types.ts';
import { Dropped } from './dropped.ts';
import { generationConfig, reportUnsupported } from './generation.ts';
import { encodeMessages } from './messages.ts';
import { modelTraits } from './models.ts';
import { nativeFields } from './native.ts';
import { resource } from './resource.ts';
import { thinkingConfig } from './thinking.ts';
import { encodeTools } from './tools.ts';

/**
 * A chat completion request as a generateContent request (https://ai.google.dev/api/generate-content).
 * docs/wires-google.md has the mapping as a table.
 * @throws GatewayError `unsupported_parameter` for content, tools and formats that cannot be sent,
 *   `invalid_value` for what is not OpenAI's shape.
 */
export function encode(request: ChatRequest, target: Target): EncodedRequest {
  const dropped = new Dropped();
  const body = withoutQuirks(request.body(), target, dropped);
  const traits = modelTraits(target.upstreamModel);
  reportUnsupported(body, dropped);

  const { system, contents } = encodeMessages(body.messages, traits, dropped);
  if (target.quirks.callIds === 'none') leaveIdsOut(contents);
  const tools = encodeTools(body, dropped);
  const native = nativeFields(body);
  const config = generationConfig(body, target, dropped);
  const thinking = thinkingConfig(body, target, traits, dropped);
  if (thinking) config.thinkingConfig = thinking;
  if (thinking && native.config.thinkingConfig !== undefined) {
    dropped.add(body.reasoning ? 'reasoning' : 'reasoning_effort');
  }
  Object.assign(config, native.config);

  const out: JsonObject = { contents };
  if (system.length > 0) out.systemInstruction = { parts: system };
  if (tools.tools) out.tools = tools.tools;
  const toolConfig = { ...tools.toolConfig, ...asObject(native.request.toolConfig) };
  Object.assign(out, native.request);
  if (Object.keys(toolConfig).length > 0) out.toolConfig = toolConfig;
  if (Object.keys(config).length > 0) out.generationConfig = config;

  const method = request.stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
  return {
    path: `/${resource(target.upstreamModel)}:${method}`,
    body: JSON.stringify(renamed(out, target)),
    dropped: dropped.list(),
  };
}

/** Calls and results without ids: a host that has none goes by their order, in which results stand anyway. */
function leaveIdsOut(contents: readonly JsonObject[]): void {
  for (const content of contents) {
    for (const part of asArray(content.parts)) {
      const holder = asObject(asObject(part)?.functionCall) ?? asObject(asObject(part)?.functionResponse);
      if (holder) delete holder.id;
    }
  }
}

/** Fields of the request that this host refuses are left out before they turn into something else. */
function withoutQuirks(body: ChatBody, target: Target, dropped: Dropped): ChatBody {
  const refused = (target.quirks.drop ?? []).filter(
    (name) => body[name] !== undefined && body[name] !== null,
  );
  if (refused.length === 0) return body;
  const rest: ChatBody = { ...body };
  for (const name of refused) {
    delete rest[name];
    dropped.add(name);
  }
  return rest;
}

function renamed(out: JsonObject, target: Target): JsonObject {
  for (const [name, theirs] of Object.entries(target.quirks.rename ?? {})) {
    if (out[name] === undefined) continue;
    out[theirs] = out[name];
    delete out[name];
  }
  return out;
}
