import { asNumber, type JsonObject } from '../../lib/json.ts';
import { scanMembers } from '../../lib/json-members.ts';
import type { ChatBody, ChatRequest } from '../../wires/types.ts';

/**
 * The same request with other top-level members; `undefined` takes one out. The gateway's own are gone from it, and so
 * is what it was translated from.
 */
export function changeRequest(
  request: ChatRequest,
  changes: Readonly<Record<string, JsonObject[string] | undefined>>,
): ChatRequest {
  const body: JsonObject = { ...request.body() };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete body[name];
    else body[name] = value;
  }
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return {
    ...translated(request),
    bytes,
    members: scanMembers(bytes) ?? [],
    body: () => body as ChatBody,
    extensions: [],
  };
}

/** The same request without what it was translated from: every endpoint is sent the translation. */
export function translated(request: ChatRequest): ChatRequest {
  if (!request.native) return request;
  const { native: _, ...rest } = request;
  return rest;
}

/** The names of the output limit, the first of which is written where the caller gave none. */
const LIMITS = ['max_tokens', 'max_completion_tokens'] as const;

/** The name under which a request limits its output. */
export function outputLimitName(request: ChatRequest): (typeof LIMITS)[number] {
  return LIMITS.find((name) => request.members.some((member) => member.name === name)) ?? LIMITS[0];
}

/**
 * The same request with a lower limit of output tokens; null, and limits that are lower already, leave it as it is.
 * Of a request with both names one is left: providers differ in which they go by.
 */
export function withOutputLimit(request: ChatRequest, tokens: number | null): ChatRequest {
  if (tokens === null) return request;
  const name = outputLimitName(request);
  const own = LIMITS.flatMap((one) => asNumber(request.body()[one]) ?? []);
  if (own.length > 0 && Math.max(...own) <= tokens) return request;
  const changes: Record<string, number | undefined> = Object.fromEntries(
    LIMITS.map((one) => [one, undefined]),
  );
  const limited = changeRequest(request, { ...changes, [name]: tokens });
  const { native } = request;
  return native ? { ...limited, native: { ...native, maxOutputTokens: tokens } } : limited;
}
