import { asObject } from '../../../../lib/json.ts';
import { type Hosted, limitOf, memberOf } from '../../../hosted.ts';
import type { ChatRequest } from '../../../types.ts';
import { hostedInChat } from '../../hosted.ts';
import { hostedInResponse } from '../native/hosted.ts';

const NO_BYTES = new Uint8Array();

/** What a chat completion asks of a host of the Responses API, whose answers tell each call of its tools. */
export function hostedByResponses(request: ChatRequest): Hosted {
  const limit = memberOf(request, 'max_tool_calls') ?? null;
  const { tools, objects } = hostedInResponse(
    {
      tools: memberOf(request, 'tools') ?? null,
      service_tier: memberOf(request, 'service_tier') ?? null,
      max_tool_calls: limit,
    },
    NO_BYTES,
  );
  const search = asObject(memberOf(request, 'web_search_options'))
    ? [{ param: 'web_search_options', unit: 'web_search', counted: true, most: limitOf(limit) }]
    : [];
  return {
    tools: [...tools, ...search],
    objects: [...new Set([...objects, ...hostedInChat(request).objects])],
  };
}
