import type { JsonObject } from '../lib/json.ts';
import { scanMembers } from '../lib/json-members.ts';
import type { ChatBody, ChatRequest } from '../wires/types.ts';

/** The same request with other top-level members; `undefined` takes one out. The gateway's own are gone from it. */
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
    ...request,
    bytes,
    members: scanMembers(bytes) ?? [],
    body: () => body as ChatBody,
    extensions: [],
  };
}
